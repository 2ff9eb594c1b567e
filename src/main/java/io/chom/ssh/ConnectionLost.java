package io.chom.ssh;

import org.jspecify.annotations.Nullable;

/** The connection ended before the command's end was reported. Lost is not failed: ask before repeating. */
public final class ConnectionLost extends SshException {
  private final String login;
  private final boolean nothingRan;

  public ConnectionLost(String login, boolean nothingRan, String reason, @Nullable Throwable cause) {
    super("Lost " + login + ": " + reason, cause);
    this.login = login;
    this.nothingRan = nothingRan;
  }

  /** The login as {@code user@host:port}. */
  public String login() {
    return login;
  }

  @Override
  public boolean nothingRan() {
    return nothingRan;
  }

  /** Only where nothing was started; otherwise repeating might do the work twice. */
  @Override
  public boolean retryable() {
    return nothingRan;
  }

  @Override
  public String code() {
    return "CONNECTION_LOST";
  }

  @Override
  SshException forAnotherCaller() {
    return new ConnectionLost(login, nothingRan, String.valueOf(getMessage()), this);
  }
}
