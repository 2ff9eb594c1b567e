package io.chom.servers;

import io.chom.common.ChomException;

/** A server cannot be taken into the fleet like that; the message says what to do instead. */
public class EnrolmentRefused extends ChomException {
  private final String code;

  public EnrolmentRefused(String code, String message) {
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
