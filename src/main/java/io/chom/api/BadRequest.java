package io.chom.api;

import io.chom.common.ChomException;

/** A request that no caller should have sent like that; the message says how it should be. */
class BadRequest extends ChomException {
  private final String code;

  BadRequest(String code, String message) {
    super(message, null);
    this.code = code;
  }

  @Override
  public String code() {
    return code;
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
