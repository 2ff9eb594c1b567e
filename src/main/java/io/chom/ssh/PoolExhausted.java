package io.chom.ssh;

import org.jspecify.annotations.Nullable;

/** No place on the way to this server became free until the deadline, or none came about. Nothing was sent. */
public final class PoolExhausted extends SshException {
  private final String login;
  private final boolean connecting;

  /**
   * @param connecting whether a login was under way at the deadline: the server has not answered so far
   */
  public PoolExhausted(String login, boolean connecting, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.login = login;
    this.connecting = connecting;
  }

  /** The login as {@code user@host:port}. */
  public String login() {
    return login;
  }

  /** Whether nobody is logged in there and a login was not done in time, rather than all places being taken. */
  public boolean connecting() {
    return connecting;
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
    return "SSH_POOL_EXHAUSTED";
  }

  @Override
  SshException forAnotherCaller() {
    return new PoolExhausted(login, connecting, String.valueOf(getMessage()), this);
  }
}
