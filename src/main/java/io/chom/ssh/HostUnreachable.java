package io.chom.ssh;

import org.jspecify.annotations.Nullable;

/** No SSH conversation came about; the layer says where it ended. */
public final class HostUnreachable extends SshException {

  /** How far the attempt got. */
  public enum Layer {
    /** The name has no address. */
    DNS,
    /** Nothing accepts connections there. */
    TCP,
    /** Something accepts connections, but does not speak SSH with us. */
    KEX
  }

  private final String host;
  private final int port;
  private final Layer layer;

  public HostUnreachable(String host, int port, Layer layer, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.host = host;
    this.port = port;
    this.layer = layer;
  }

  public String host() {
    return host;
  }

  public int port() {
    return port;
  }

  public Layer layer() {
    return layer;
  }

  @Override
  public boolean retryable() {
    return true;
  }

  @Override
  public boolean nothingRan() {
    return true;
  }

  @Override
  public String code() {
    return "HOST_UNREACHABLE_" + layer;
  }

  @Override
  SshException forAnotherCaller() {
    return new HostUnreachable(host, port, layer, String.valueOf(getMessage()), this);
  }
}
