package io.chom.ssh;

import java.time.Duration;

/** The command was started and did not end in time. It was told to stop; whether it did its work is unknown. */
public final class CommandTimedOut extends SshException {
  private final String login;
  private final Duration limit;

  public CommandTimedOut(String login, Duration limit) {
    super("The command on " + login + " did not end within " + limit.toMillis() + " ms and was stopped", null);
    this.login = login;
    this.limit = limit;
  }

  /** The login as {@code user@host:port}. */
  public String login() {
    return login;
  }

  public Duration limit() {
    return limit;
  }

  @Override
  public boolean retryable() {
    return false;
  }

  @Override
  public boolean nothingRan() {
    return false;
  }

  @Override
  public String code() {
    return "COMMAND_TIMED_OUT";
  }

  @Override
  SshException forAnotherCaller() {
    return new CommandTimedOut(login, limit);
  }
}
