package io.chom.ssh;

import org.jspecify.annotations.Nullable;

/** The server showed another key than the pinned one. Nothing was sent to it; an operator must look. */
public final class HostKeyRejected extends SshException {
  private final String host;
  private final String expected;
  private final HostKey offered;

  public HostKeyRejected(String host, String expected, HostKey offered, @Nullable Throwable cause) {
    super(
        "The host key of " + host + " changed: " + expected + " is pinned, but the server shows " + offered.algorithm()
            + " " + offered.fingerprint() + ". Compare it on the server itself before approving it.",
        cause);
    this.host = host;
    this.expected = expected;
    this.offered = offered;
  }

  public String host() {
    return host;
  }

  /** The pinned fingerprint. */
  public String expected() {
    return expected;
  }

  public HostKey offered() {
    return offered;
  }

  @Override
  public boolean retryable() {
    return false;
  }

  @Override
  public boolean nothingRan() {
    return true;
  }

  @Override
  public String code() {
    return "HOST_KEY_CHANGED";
  }

  @Override
  SshException forAnotherCaller() {
    return new HostKeyRejected(host, expected, offered, this);
  }
}
