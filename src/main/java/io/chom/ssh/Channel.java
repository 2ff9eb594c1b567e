package io.chom.ssh;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One command's place on a link. */
interface Channel {

  /**
   * Waits until the server has opened it.
   *
   * @throws ChannelRefused if the server has no session left
   * @throws ConnectionLost with nothing run
   */
  void awaitOpen(Duration limit);

  /** Keeps what the command writes, up to these many bytes, instead of streaming it. Before {@link #start}. */
  void keep(int stdout, int stderr);

  /** Asks for the command without waiting for it to be accepted. */
  void start(String command);

  /** Waits until the command was accepted. */
  void awaitStart(Duration limit);

  void write(byte[] bytes) throws IOException;

  void endInput() throws IOException;

  /**
   * Hands over what the command writes, where it arrives, instead of keeping it. The sink is called on the link's reader:
   * all of the link waits for it. Before {@link #start}.
   */
  void hand(Sink sink);

  /** Takes a command's output. */
  interface Sink {
    void take(byte[] bytes, int from, int length);
  }

  /**
   * Keeps what the command writes until it is read, and lets the server send on only as it is: so much is in memory as a
   * channel's window holds. The link's reader never waits. Before {@link #start}.
   */
  void pull(int stderr);

  /** The next bytes of one that is pulled: how many, 0 when the time is over first, -1 when no more can come. */
  int read(byte[] into, Deadline deadline);

  /** From here on what arrives is of no interest. */
  void discard();

  /** Waits until the command can write no more; false if the time is over first. */
  boolean awaitOutputEnd(Deadline deadline);

  /** Waits for the command's end; false if the time is over first. */
  boolean awaitEnd(Deadline deadline);

  boolean ended();

  /** The command's exit code, null while or if it is unknown. */
  @Nullable
  Integer exitCode();

  /** Why the channel ended without an exit code. */
  String lostBecause();

  byte[] stdout();

  byte[] stderr();

  boolean truncated();

  /** Tells the command to stop, then kills it, then gives it up; blocks up to a few seconds. */
  void abandon();
}
