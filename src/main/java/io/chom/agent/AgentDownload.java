package io.chom.agent;

import java.time.Duration;

/** Raw bytes that an agent gives, as fast as they are read and no faster. One thread reads. */
public interface AgentDownload extends AutoCloseable {

  /**
   * Waits for the next bytes.
   *
   * @return how many, or -1 when no more come; {@link #end} then tells whether it was the whole
   * @throws AgentException it broke off, or nothing came within the limit
   */
  int read(byte[] into, Duration limit);

  /** Done where it was the whole; what came is worth nothing otherwise. Only after {@link #read} has answered -1. */
  AgentReply end();

  /** Nobody reads any more: what the agent does for it ends. Does not block. */
  @Override
  void close();
}
