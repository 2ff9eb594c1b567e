package io.chom.servers;

import io.chom.common.ChomException;

/** No such server, or not one of this tenant's: the two cannot be told apart. */
public class ServerNotFound extends ChomException {
  public ServerNotFound(ServerId server) {
    super("No server " + server, null);
  }

  @Override
  public String code() {
    return "SERVER_NOT_FOUND";
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
