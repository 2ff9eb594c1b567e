package io.chom.ssh;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/** A command's output over a pooled connection. */
final class PooledStream implements ByteStream {
  private static final Duration FAREWELL = Duration.ofSeconds(2);

  private final String login;
  private final Channel channel;
  private final Runnable left;
  private final AtomicBoolean closing = new AtomicBoolean();

  /** @param left run when nothing of it is on the connection any more */
  PooledStream(String login, Channel channel, Runnable left) {
    this.login = login;
    this.channel = channel;
    this.left = left;
  }

  @Override
  public int read(byte[] into, Duration limit) {
    int read = channel.read(into, Deadline.in(limit));
    if (read > 0) {
      return read;
    }
    boolean over = read < 0 && channel.awaitEnd(Deadline.in(limit));
    if (Thread.currentThread().isInterrupted()) {
      throw new ConnectionLost(login, false, "whoever read the stream was interrupted", null);
    }
    if (!over) {
      throw new CommandTimedOut(login, limit);
    }
    if (channel.exitCode() == null) {
      throw new ConnectionLost(login, false, channel.lostBecause(), null);
    }
    return -1;
  }

  @Override
  public int exitCode() {
    var code = channel.exitCode();
    if (code == null) {
      throw new IllegalStateException("It has not ended");
    }
    return code;
  }

  @Override
  public byte[] stderr() {
    return channel.stderr();
  }

  @Override
  public void close() {
    if (closing.compareAndSet(false, true)) {
      Thread.ofVirtual().name("ssh-stream-end " + login).start(this::end);
    }
  }

  private void end() {
    try {
      // what is on its way would keep the server from closing the channel
      channel.discard();
      channel.endInput();
      channel.awaitEnd(Deadline.in(FAREWELL));
    } catch (IOException e) {
      // the link is ending, and with it this channel
    } finally {
      left.run();
    }
  }
}
