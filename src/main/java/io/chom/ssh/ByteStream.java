package io.chom.ssh;

import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * What one command on a server writes, as fast as it is read and no faster: while nobody reads, the command waits. Little
 * of it is in memory at any moment. One thread reads.
 */
public interface ByteStream extends AutoCloseable {

  /**
   * Waits for the next bytes.
   *
   * @return how many, or -1 once the command has ended and {@link #exitCode} is known
   * @throws CommandTimedOut nothing came within the limit
   * @throws ConnectionLost it broke off: what was read is not the whole
   */
  int read(byte[] into, Duration limit);

  /** How the command ended; only after {@link #read} has answered -1. Only then is it known whether it is the whole. */
  int exitCode();

  /** What the command complained of, the beginning of it. */
  byte[] stderr();

  default String complaint() {
    return new String(stderr(), StandardCharsets.UTF_8).strip();
  }

  /** Ends the command, which sees its input end, and gives the place back; does not block. */
  @Override
  void close();
}
