package io.chom.servers;

import io.chom.common.ChomException;
import org.jspecify.annotations.Nullable;

/** A server did not answer; the layer says how far the attempt got. Nothing was sent. */
public class ServerNotReached extends ChomException {
  private final FailingLayer layer;

  public ServerNotReached(FailingLayer layer, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.layer = layer;
  }

  public FailingLayer layer() {
    return layer;
  }

  @Override
  public String code() {
    return "SERVER_NOT_REACHED_" + layer;
  }

  @Override
  public boolean retryable() {
    return true;
  }
}
