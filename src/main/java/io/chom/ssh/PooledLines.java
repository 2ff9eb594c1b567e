package io.chom.ssh;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** A line channel over a pooled connection; its lines are heard where they arrive. */
final class PooledLines implements LineChannel {
  private static final Duration FOR_EVER = Duration.ofDays(36_500);

  private final String login;
  private final Channel channel;
  private final Listener listener;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream(1024);
  private final int maxLine;
  private final ReentrantLock writer = new ReentrantLock();
  private final AtomicBoolean closing = new AtomicBoolean();
  private final Clock clock;
  private final LongSupplier silence;
  private volatile Instant lastUsed;
  private volatile @Nullable String reason;
  private final AtomicBoolean finished = new AtomicBoolean();
  private volatile boolean deaf;
  private @Nullable Runnable atEnd;

  /** @param silence nanoseconds since the last byte from the other side */
  PooledLines(String login, Channel channel, Listener listener, int maxLine, Clock clock, LongSupplier silence) {
    this.login = login;
    this.channel = channel;
    this.listener = listener;
    this.maxLine = maxLine;
    this.clock = clock;
    this.silence = silence;
    this.lastUsed = clock.instant();
    channel.hand(this::take);
  }

  /** From here on its lines and its end are told; what came before waits until now. */
  void follow(Runnable end) {
    synchronized (this) {
      atEnd = end;
      var early = line.toByteArray();
      line.reset();
      take(early, 0, early.length);
    }
    Thread.ofVirtual().name("ssh-lines " + login).start(() -> {
      channel.awaitOutputEnd(Deadline.in(FOR_EVER));
      // the exit code follows the end of the output, if there is one
      channel.awaitEnd(Deadline.in(Duration.ofMillis(500)));
      finish(end);
    });
  }

  /** On the link's reader: a line goes to its listener without waking another thread for it. */
  private synchronized void take(byte[] bytes, int from, int length) {
    if (deaf) {
      return;
    }
    if (atEnd == null) {
      line.write(bytes, from, length);
      return;
    }
    var start = from;
    for (var at = from; at < from + length; at++) {
      if (bytes[at] == '\n') {
        line.write(bytes, start, at - start);
        start = at + 1;
        hear();
      }
    }
    line.write(bytes, start, from + length - start);
    if (line.size() > maxLine) {
      broken("a line was longer than " + maxLine + " bytes");
    }
  }

  private void hear() {
    if (line.size() > maxLine) {
      broken("a line was longer than " + maxLine + " bytes");
    } else if (!deaf) {
      lastUsed = clock.instant();
      try {
        listener.line(line.toString(StandardCharsets.UTF_8));
      } catch (RuntimeException e) {
        // it must not take the whole connection with it
        broken("a line was not understood: " + e.getMessage());
      }
    }
    line.reset();
  }

  private void broken(String why) {
    deaf = true;
    reason(why);
    var end = Objects.requireNonNull(atEnd);
    Thread.ofVirtual().name("ssh-lines " + login).start(() -> finish(end));
  }

  private void finish(Runnable end) {
    if (!finished.compareAndSet(false, true)) {
      return;
    }
    deaf = true;
    closing.set(true);
    try {
      var stderr = new String(channel.stderr(), StandardCharsets.UTF_8).strip();
      var why = reason;
      listener.closed(new LineChannelEnd(why != null ? why : channel.lostBecause(), channel.exitCode(), stderr));
    } finally {
      if (!channel.ended()) {
        channel.abandon();
      }
      end.run();
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
