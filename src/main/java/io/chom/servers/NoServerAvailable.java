package io.chom.servers;

import io.chom.common.ChomException;

/** No server can take one more site. */
public class NoServerAvailable extends ChomException {
  public NoServerAvailable(String message) {
    super(message, null);
  }

  @Override
  public String code() {
    return "NO_SERVER_AVAILABLE";
  }

  @Override
  public boolean retryable() {
    return true;
  }
}
