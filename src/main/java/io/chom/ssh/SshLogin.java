package io.chom.ssh;

import java.time.Duration;

/** One fresh login outside the pool, for enrolment. */
public interface SshLogin extends AutoCloseable {

  /** Runs a command, gives it the bytes as standard input, and waits for its end. */
  ExecResult exec(String command, byte[] stdin, Duration limit);

  @Override
  void close();
}
