package io.chom.ssh;

import org.jspecify.annotations.Nullable;

/** The server is the right one, and does not let this login in. */
public final class AuthenticationRejected extends SshException {
  private final String login;

  public AuthenticationRejected(String login, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.login = login;
  }

  /** The login as {@code user@host:port}. */
  public String login() {
    return login;
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
    return "AUTHENTICATION_REJECTED";
  }

  @Override
  SshException forAnotherCaller() {
    return new AuthenticationRejected(login, String.valueOf(getMessage()), this);
  }
}
