package io.chom.ssh;

import org.jspecify.annotations.Nullable;

/** Every place on the way to this server stayed taken until the deadline. Nothing was sent. */
public final class PoolExhausted extends SshException {
  private final String login;

  public PoolExhausted(String login, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.login = login;
  }

  /** The login as {@code user@host:port}. */
  public String login() {
    return login;
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
    return new PoolExhausted(login, String.valueOf(getMessage()), this);
  }
}
