package io.chom.ssh;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs commands on servers over few kept connections.
 *
 * <p>All methods throw {@link SshException}; {@link SshException#nothingRan()} tells whether repeating is safe.
 */
public interface SshPool {

  /**
   * Runs a command and waits for its end.
   *
   * @param stdin what it reads, or null for nothing
   * @param limit for everything, waiting for a place included; null for the configured one
   */
  ExecResult exec(SshTarget target, String command, byte @Nullable [] stdin, @Nullable Duration limit);

  /** As above, with nothing to read and the configured limit. */
  default ExecResult exec(SshTarget target, String command) {
    return exec(target, command, null, null);
  }

  /**
   * Starts a command that is spoken to in lines.
   *
   * @param limit for getting a place and starting it
   */
  LineChannel openLines(SshTarget target, String command, LineChannel.Listener listener, @Nullable Duration limit);

  /**
   * Starts a command that writes much, on a connection that no commands are on. Nothing is read before the caller reads.
   *
   * @param limit for getting a place and starting it
   */
  ByteStream openStream(SshTarget target, String command, Duration limit);

  /**
   * Has the server answer on the way that commands take, and runs nothing there.
   *
   * @throws SshException it does not answer
   */
  void touch(SshTarget target, Duration limit);

  /** Closes every connection to this login at once, and forgets earlier failures to reach it. */
  void close(SshTarget target);

  SshStats stats();

  /** Every login this process has a connection to, waits for, or had trouble with in the last hour. */
  List<SshServerStats> servers();
}
