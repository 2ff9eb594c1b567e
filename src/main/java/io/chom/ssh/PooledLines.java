package io.chom.ssh;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** A line channel over a pooled connection, with its own reader. */
final class PooledLines implements LineChannel {
  private final String login;
  private final Channel channel;
  private final Listener listener;
  private final int maxLine;
  private final ReentrantLock writer = new ReentrantLock();
  private final AtomicBoolean closing = new AtomicBoolean();
  private final Clock clock;
  private final LongSupplier silence;
  private volatile Instant lastUsed;
  private volatile @Nullable String reason;

  /** @param silence nanoseconds since the last byte from the other side */
  PooledLines(String login, Channel channel, Listener listener, int maxLine, Clock clock, LongSupplier silence) {
    this.login = login;
    this.channel = channel;
    this.listener = listener;
    this.maxLine = maxLine;
    this.clock = clock;
    this.silence = silence;
    this.lastUsed = clock.instant();
  }

  void read(Runnable atEnd) {
    Thread.ofVirtual().name("ssh-lines " + login).start(() -> {
      try {
        readLines();
        // the exit code follows the end of the output, if there is one
        channel.awaitEnd(Deadline.in(Duration.ofMillis(500)));
      } catch (IOException e) {
        reason(channel.ended() && !(e instanceof LineTooLong) ? channel.lostBecause() : String.valueOf(e.getMessage()));
      } finally {
        finish(atEnd);
      }
    });
  }

  private void readLines() throws IOException {
    var chunk = new byte[16 * 1024];
    var line = new ByteArrayOutputStream(1024);
    for (int length; (length = channel.output().read(chunk)) >= 0;) {
      var from = 0;
      for (var at = 0; at < length; at++) {
        if (chunk[at] == '\n') {
          line.write(chunk, from, at - from);
          from = at + 1;
          hear(line);
        }
      }
      line.write(chunk, from, length - from);
      if (line.size() > maxLine) {
        throw new LineTooLong(maxLine);
      }
    }
  }

  private void hear(ByteArrayOutputStream line) throws IOException {
    if (line.size() > maxLine) {
      throw new LineTooLong(maxLine);
    }
    var text = line.toString(StandardCharsets.UTF_8);
    line.reset();
    lastUsed = clock.instant();
    listener.line(text);
  }

  private static final class LineTooLong extends IOException {
    LineTooLong(int maxLine) {
      super("a line was longer than " + maxLine + " bytes");
    }
  }

  private void finish(Runnable atEnd) {
    closing.set(true);
    try {
      var stderr = new String(channel.stderr(), StandardCharsets.UTF_8).strip();
      var why = reason;
      listener.closed(new LineChannelEnd(why != null ? why : channel.lostBecause(), channel.exitCode(), stderr));
    } finally {
      if (!channel.ended()) {
        channel.abandon();
      }
      atEnd.run();
    }
  }

  @Override
  public Duration silence() {
    return Duration.ofNanos(silence.getAsLong());
  }

  @Override
  public void send(byte[] line, Duration limit) {
    lastUsed = clock.instant();
    var whole = Arrays.copyOf(line, line.length + 1);
    whole[line.length] = '\n';
    if (!lock(limit)) {
      throw new ConnectionLost(login, true, "another sender held the channel for " + limit.toMillis() + " ms", null);
    }
    try {
      if (!isOpen()) {
        throw new ConnectionLost(login, true, "the channel is closed", null);
      }
      channel.write(whole);
    } catch (IOException e) {
      close();
      throw new ConnectionLost(login, false, "it broke while a request was written", e);
    } finally {
      writer.unlock();
    }
  }

  private boolean lock(Duration limit) {
    try {
      return writer.tryLock(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void reason(@Nullable String why) {
    if (reason == null) {
      reason = why;
    }
  }

  @Override
  public boolean isOpen() { return !closing.get() && !channel.ended(); }

  Instant lastUsed() {
    return lastUsed;
  }

  boolean quietSince(Instant moment) {
    return lastUsed.isBefore(moment);
  }

  boolean makeWay() {
    if (!listener.makeWay()) {
      return false;
    }
    reason("its place was needed");
    close();
    return true;
  }

  @Override
  public void close() {
    if (closing.compareAndSet(false, true)) {
      reason("it was closed");
      Thread.startVirtualThread(() -> {
        try {
          channel.endInput();
        } catch (IOException e) {
          // the link is ending, and with it this channel
        }
        if (!channel.awaitEnd(Deadline.in(Duration.ofSeconds(1)))) {
          channel.abandon();
        }
      });
    }
  }
}
