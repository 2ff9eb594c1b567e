package io.chom.ssh;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Who sits where: hands out places on connections, first come first served, opens connections when they are short and
 * closes them when they are idle, dead or too many.
 *
 * <p>One lock guards all of it and is held for microseconds; logging in and closing happen outside.
 */
final class Places implements AutoCloseable {
  private final SshProperties properties;
  private final SshLibrary library;
  private final PoolMetrics metrics;
  private final Clock clock;
  private final long mostSilence;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<SshTarget, ServerPlaces> servers = new HashMap<>();
  private final Set<ServerPlaces> crowded = new LinkedHashSet<>();
  private final Semaphore logins;
  private final AtomicLong killed = new AtomicLong();
  private final AtomicLong loggedIn = new AtomicLong();
  private int connections;
  private boolean closed;

  Places(SshProperties properties, SshLibrary library, PoolMetrics metrics, Clock clock) {
    this.properties = properties;
    this.library = library;
    this.metrics = metrics;
    this.clock = clock;
    this.mostSilence = properties.keepAlive().toNanos() * 2;
    this.logins = new Semaphore(properties.connectsAtOnce(), true);
  }

  /** A place on a connection that looks alive; costs no round trip where one is free. */
  PooledConnection take(SshTarget target, Deadline deadline) {
    lock.lock();
    try {
      var server = servers.computeIfAbsent(target, ServerPlaces::new);
      var free = server.waiters.isEmpty() ? server.free(mostSilence) : null;
      if (free != null) {
        free.take();
        return free;
      }
      var resting = server.resting();
      if (resting != null) {
        throw resting.forAnotherCaller();
      }
      return await(server, deadline);
    } finally {
      lock.unlock();
    }
  }

  private PooledConnection await(ServerPlaces server, Deadline deadline) {
    var waiter = new Waiter(lock.newCondition());
    server.waiters.addLast(waiter);
    grow(server);
    try {
      while (!waiter.done()) {
        if (waiter.condition.awaitNanos(deadline.left()) <= 0 && !waiter.done()) {
          throw tooLate(server, deadline);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      if (waiter.connection() != null) {
        giveBack(waiter.connection());
      }
      throw new PoolExhausted(server.target.label(), "Interrupted while waiting for " + server.target.label(), e);
    } finally {
      server.waiters.remove(waiter);
    }
    var failure = waiter.failure();
    if (failure != null) {
      throw failure.forAnotherCaller();
    }
    return Objects.requireNonNull(waiter.connection());
  }

  private static PoolExhausted tooLate(ServerPlaces server, Deadline deadline) {
    var why = server.connecting
        ? "the login was not done"
        : server.connections.isEmpty() ? "no connection was free" : "all its channels stayed busy";
    return new PoolExhausted(server.target.label(), "No place on " + server.target.label() + " within "
        + deadline.limit().toMillis() + " ms: " + why, null);
  }

  void giveBack(PooledConnection connection) {
    lock.lock();
    try {
      connection.giveBack(clock.instant());
      connection.server.serve(mostSilence);
      if (connection.retired() && connection.idle()) {
        drop(connection);
        connection.link.close();
      }
      grow(connection.server);
      admitCrowded();
    } finally {
      lock.unlock();
    }
  }

  /** Lends it no more, and closes it when the last channel on it is gone. */
  void retire(PooledConnection connection) {
    lock.lock();
    try {
      connection.retire();
    } finally {
      lock.unlock();
    }
  }

  /** Takes the place back from which the server opened no session; whether it was the connection's only one. */
  boolean refused(PooledConnection connection) {
    lock.lock();
    try {
      var only = connection.refused(clock.instant());
      giveBack(connection);
      return only;
    } finally {
      lock.unlock();
    }
  }

  @Nullable
  Channel takeAhead(PooledConnection connection) {
    lock.lock();
    try {
      return connection.takeAhead();
    } finally {
      lock.unlock();
    }
  }

  boolean wantsAhead(PooledConnection connection) {
    lock.lock();
    try {
      return connection.wantsAhead();
    } finally {
      lock.unlock();
    }
  }

  void keepAhead(PooledConnection connection, Channel channel) {
    lock.lock();
    try {
      connection.keepAhead(channel);
    } finally {
      lock.unlock();
    }
  }

  void seat(PooledConnection connection, PooledLines lines) {
    lock.lock();
    try {
      connection.lines.add(lines);
    } finally {
      lock.unlock();
    }
  }

  void unseat(PooledConnection connection, PooledLines lines) {
    lock.lock();
    try {
      connection.lines.remove(lines);
    } finally {
      lock.unlock();
    }
    giveBack(connection);
  }

  /** Logs in once more for those who wait, one login per server at a time. */
  private void grow(ServerPlaces server) {
    if (closed || !server.mayConnect(properties.connectionsPerServer())) {
      return;
    }
    if (connections >= properties.maxConnections() && !evict()) {
      crowded.add(server);
      return;
    }
    connections++;
    server.connecting = true;
    Thread.ofVirtual().name("ssh-login " + server.target).start(() -> login(server));
  }

  private void login(ServerPlaces server) {
    Link link = null;
    SshException failure = null;
    logins.acquireUninterruptibly();
    var started = System.nanoTime();
    try {
      link = library.connect(server.target);
      loggedIn.incrementAndGet();
    } catch (SshException e) {
      failure = e;
    } catch (RuntimeException e) {
      failure = new ConnectionLost(server.target.label(), true, "the login failed: " + e.getMessage(), e);
    } finally {
      logins.release();
    }
    metrics.login(System.nanoTime() - started, failure);
    lock.lock();
    try {
      server.connecting = false;
      if (link != null) {
        arrived(server, link);
      } else if (failure != null) {
        connections--;
        server.failed(failure, properties);
        if (server.connections.isEmpty()) {
          server.failAll(failure);
        }
        admitCrowded();
      }
    } finally {
      lock.unlock();
    }
  }

  private void arrived(ServerPlaces server, Link link) {
    if (closed || servers.get(server.target) != server) {
      connections--;
      link.close();
      return;
    }
    var connection = new PooledConnection(link, server, properties.channelsPerConnection(), clock.instant());
    server.connections.add(connection);
    server.reached();
    server.serve(mostSilence);
    grow(server);
    link.onEnd(reason -> gone(connection));
  }

  private void gone(PooledConnection connection) {
    lock.lock();
    try {
      drop(connection);
      grow(connection.server);
      admitCrowded();
    } finally {
      lock.unlock();
    }
  }

  private void drop(PooledConnection connection) {
    if (connection.server.connections.remove(connection)) {
      connection.retire();
      connections--;
    }
  }

  private void admitCrowded() {
    for (var server : List.copyOf(crowded)) {
      if (connections >= properties.maxConnections() && idlest() == null) {
        return;
      }
      crowded.remove(server);
      grow(server);
    }
  }

  private boolean evict() {
    var idlest = idlest();
    if (idlest == null) {
      idlest = all().stream().filter(c -> !c.retired() && c.onlyLines())
          .sorted(Comparator.comparing(PooledConnection::lastUsed))
          .filter(c -> c.lines.stream().allMatch(PooledLines::makeWay)).findFirst().orElse(null);
    }
    if (idlest == null) {
      return false;
    }
    drop(idlest);
    idlest.link.close();
    return true;
  }

  private @Nullable PooledConnection idlest() {
    return all().stream().filter(PooledConnection::idle).min(Comparator.comparing(PooledConnection::lastUsed))
        .orElse(null);
  }

  private List<PooledConnection> all() {
    var all = new ArrayList<PooledConnection>();
    servers.values().forEach(server -> all.addAll(server.connections));
    return all;
  }

  /** Closes what is dead, stuck or idle for too long; never a connection with a channel that lives. */
  void tidy() {
    lock.lock();
    try {
      var tooOld = clock.instant().minus(properties.idle());
      for (var connection : all()) {
        var why = deadBecause(connection.link);
        if (why != null) {
          drop(connection);
          killed.incrementAndGet();
          connection.link.kill(why);
        } else if (!connection.link.isOpen() || connection.unusedSince(tooOld)) {
          drop(connection);
          connection.link.close();
        }
      }
      servers.values().forEach(this::grow);
      admitCrowded();
      servers.values().removeIf(ServerPlaces::forgettable);
    } finally {
      lock.unlock();
    }
  }

  private @Nullable String deadBecause(Link link) {
    if (link.stuck() > properties.stuckWrite().toNanos()) {
      return "a writer was stuck for " + properties.stuckWrite().toMillis() + " ms";
    }
    var most = properties.keepAlive().multipliedBy(3);
    return link.silence() > most.toNanos() ? "nothing was heard for " + most.toMillis() + " ms" : null;
  }

  void close(SshTarget target) {
    List<PooledConnection> gone;
    lock.lock();
    try {
      var server = servers.remove(target);
      if (server == null) {
        return;
      }
      gone = List.copyOf(server.connections);
      gone.forEach(this::drop);
      crowded.remove(server);
      server.failAll(new ConnectionLost(target.label(), true, "it was closed", null));
    } finally {
      lock.unlock();
    }
    gone.forEach(connection -> connection.link.close());
  }

  /** Closes all at once and lends no more. */
  @Override
  public void close() {
    List<SshTarget> targets;
    lock.lock();
    try {
      closed = true;
      targets = List.copyOf(servers.keySet());
    } finally {
      lock.unlock();
    }
    targets.forEach(this::close);
  }

  SshStats stats() {
    lock.lock();
    try {
      var all = all();
      var idle = (int) all.stream().filter(PooledConnection::idle).count();
      var taken = all.stream().mapToInt(PooledConnection::taken).sum();
      var waiting = servers.values().stream().mapToInt(server -> server.waiters.size()).sum();
      return new SshStats(all.size(), idle, Math.max(0, connections - all.size()), taken, waiting, loggedIn.get(),
          killed.get());
    } finally {
      lock.unlock();
    }
  }

  /** How often {@link #tidy} must run so that a dead connection is noticed in time. */
  Duration tidyEvery() {
    var quarter = properties.keepAlive().dividedBy(4);
    return quarter.compareTo(Duration.ofSeconds(1)) < 0 ? quarter : Duration.ofSeconds(1);
  }
}
