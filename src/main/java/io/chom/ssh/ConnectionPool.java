package io.chom.ssh;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The pool's front: gets a place, runs on it, gives it back. */
final class ConnectionPool implements SshPool, AutoCloseable {
  private static final int TRIES = 6;
  // opening a channel proves that the server is there, so that nothing ran if it is not; one opened long ago does not
  private static final long FRESH = Duration.ofSeconds(2).toNanos();

  private final SshProperties properties;
  private final Places places;
  private final PoolMetrics metrics;
  private final Watch watch;
  private final Clock clock;

  ConnectionPool(SshProperties properties, SshLibrary library, PoolMetrics metrics, Watch watch, Clock clock) {
    this.properties = properties;
    this.metrics = metrics;
    this.watch = watch;
    this.clock = clock;
    this.places = new Places(properties, library, metrics, clock);
    metrics.watch(places::stats);
    watch.every(places.tidyEvery(), places::tidy);
  }

  @Override
  public ExecResult exec(SshTarget target, String command, byte @Nullable [] stdin, @Nullable Duration limit) {
    var deadline = Deadline.in(Run.orElse(limit, properties.commandTimeout()));
    var run = new Run(target.label(), properties);
    return repeatWhileNothingRan(target, deadline, (connection, channel) -> {
      var started = System.nanoTime();
      try {
        var result = run.on(channel, command, stdin, deadline, () -> openAhead(connection));
        metrics.exec(System.nanoTime() - started, null);
        return result;
      } catch (SshException e) {
        metrics.exec(System.nanoTime() - started, e);
        throw e;
      } finally {
        leave(connection, channel);
      }
    });
  }

  @Override
  public LineChannel openLines(SshTarget target, String command, LineChannel.Listener listener,
      @Nullable Duration limit) {
    var deadline = Deadline.in(Run.orElse(limit, properties.commandTimeout()));
    return repeatWhileNothingRan(target, deadline, (connection, channel) -> {
      var lines = new PooledLines(target.label(), channel, listener, properties.maxLine(), clock,
          connection.link::silence);
      try {
        channel.start(command);
        channel.awaitStart(deadline.atMost(properties.openTimeout()));
      } catch (SshException e) {
        leave(connection, channel);
        throw e;
      }
      places.seat(connection, lines);
      lines.follow(() -> places.unseat(connection, lines));
      return lines;
    });
  }

  @Override
  public ByteStream openStream(SshTarget target, String command, Duration limit) {
    var deadline = Deadline.in(limit);
    return repeatWhileNothingRan(target, Traffic.STREAMS, deadline, (connection, channel) -> {
      try {
        channel.pull(properties.maxStderr());
        channel.start(command);
        channel.awaitStart(deadline.atMost(properties.openTimeout()));
      } catch (SshException e) {
        leave(connection, channel);
        throw e;
      }
      return new PooledStream(target.label(), channel, () -> leave(connection, channel));
    });
  }

  @Override
  public void touch(SshTarget target, Duration limit) {
    repeatWhileNothingRan(target, Deadline.in(limit), (connection, channel) -> {
      leave(connection, channel);
      return channel;
    });
  }

  private interface Use<T> {
    T on(PooledConnection connection, Channel channel);
  }

  /** Nothing ran: another place costs nothing but time, for a while. */
  private <T> T repeatWhileNothingRan(SshTarget target, Deadline deadline, Use<T> use) {
    return repeatWhileNothingRan(target, Traffic.COMMANDS, deadline, use);
  }

  private <T> T repeatWhileNothingRan(SshTarget target, Traffic traffic, Deadline deadline, Use<T> use) {
    var refusals = 0;
    for (var attempt = 1;; attempt++) {
      var asked = System.nanoTime();
      var connection = places.take(target, traffic, deadline);
      metrics.waited(System.nanoTime() - asked);
      try {
        return use.on(connection, channel(connection, deadline));
      } catch (ChannelRefused e) {
        // next to others it waits for one of them, as everybody does when all places are taken
        if (places.refused(connection) && ++refusals >= TRIES || deadline.passed()) {
          throw new PoolExhausted(target.label(), false, String.valueOf(e.getMessage()), e);
        }
      } catch (ConnectionLost e) {
        if (!e.nothingRan() || attempt >= 2 || deadline.passed()) {
          throw e;
        }
      }
    }
  }

  /** An open channel: the one opened ahead, or a new one. */
  private Channel channel(PooledConnection connection, Deadline deadline) {
    var ahead = connection.link.silence() < FRESH ? places.takeAhead(connection) : null;
    try {
      if (ahead != null && !ahead.ended()) {
        try {
          ahead.awaitOpen(deadline.atMost(properties.openTimeout()));
          return ahead;
        } catch (ChannelRefused e) {
          // it was a guess; ask properly
        }
      }
      var channel = connection.link.open();
      channel.awaitOpen(deadline.atMost(properties.openTimeout()));
      return channel;
    } catch (ConnectionLost e) {
      // a channel that opens late would sit there unseen
      places.retire(connection);
      places.giveBack(connection);
      throw e;
    }
  }

  private void openAhead(PooledConnection connection) {
    if (!properties.openAhead() || !places.wantsAhead(connection)) {
      return;
    }
    try {
      places.keepAhead(connection, connection.link.open());
    } catch (ConnectionLost e) {
      // the command itself will notice
    }
  }

  private void leave(PooledConnection connection, Channel channel) {
    if (channel.ended()) {
      places.giveBack(connection);
      return;
    }
    Thread.startVirtualThread(() -> {
      channel.abandon();
      if (!channel.ended()) {
        places.retire(connection);
      }
      places.giveBack(connection);
    });
  }

  @Override
  public void close(SshTarget target) {
    places.close(target);
  }

  @Override
  public SshStats stats() {
    return places.stats();
  }

  @Override
  public List<SshServerStats> servers() {
    return places.servers();
  }

  Places places() {
    return places;
  }

  @Override
  public void close() {
    places.close();
    watch.close();
  }
}
