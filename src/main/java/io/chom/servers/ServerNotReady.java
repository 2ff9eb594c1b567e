package io.chom.servers;

import io.chom.common.ChomException;

/** A server that the tenant may know of takes no new site at the moment. */
public class ServerNotReady extends ChomException {
  public ServerNotReady(ServerId server) {
    super("Server " + server + " is not ready at the moment", null);
  }

  @Override
  public String code() {
    return "SERVER_NOT_READY";
  }

  @Override
  public boolean retryable() {
    return true;
  }
}
