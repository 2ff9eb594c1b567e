package io.chom.servers;

import io.chom.common.ChomException;

/** What was asked for does not fit the server's present state; the message says what to do instead. */
public class ServerRefused extends ChomException {
  private final String code;

  public ServerRefused(String code, String message) {
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
