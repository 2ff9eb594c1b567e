package io.chom.ssh;

import io.chom.common.ChomException;
import org.jspecify.annotations.Nullable;

/** Something between the panel and a server's command failed; the type says how far it got. */
public abstract sealed class SshException extends ChomException permits HostUnreachable, HostKeyRejected,
    AuthenticationRejected, CredentialUnusable, PoolExhausted, CommandTimedOut, ConnectionLost {

  SshException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** Whether it is certain that the command was never started. */
  public abstract boolean nothingRan();

  /** The same failure for another caller that waited for the same attempt. */
  abstract SshException forAnotherCaller();
}
