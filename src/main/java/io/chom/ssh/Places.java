package io.chom.ssh;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who sits where: hands out places on connections, first come first served, opens connections when they are short and
 * closes them when they are idle, dead or too many.
 *
 * <p>One lock guards all of it and is held for microseconds; logging in and closing happen outside.
 */
final class Places implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Places.class);

  private final SshProperties properties;
  private final SshLibrary library;
  private final PoolMetrics metrics;
  private final Clock clock;
  private final long mostSilence;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<SshTarget, ServerPlaces> servers = new HashMap<>();
  private final Map<String, Breaker> breakers = new HashMap<>();
  /** Servers that need one more connection, in the order in which they came to need it. */
  private final Set<ServerPlaces> growing = new LinkedHashSet<>();
  private final Map<Ending, Long> endings = new EnumMap<>(Ending.class);
  private final Semaphore logins;
  private long loggedIn;
  private long failedLogins;
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
  PooledConnection take(SshTarget target, Traffic wanted, Deadline deadline) {
    // where there is but one connection all share it
    var traffic = properties.connectionsPerServer() == 1 ? Traffic.COMMANDS : wanted;
    lock.lock();
    try {
      var server = servers.computeIfAbsent(target, this::at);
      var free = server.nobodyWaits(traffic) ? server.free(traffic, mostSilence) : null;
      if (free != null) {
        free.take();
        return free;
      }
      var resting = server.resting();
      if (resting != null) {
        throw resting.forAnotherCaller();
      }
      return await(server, traffic, deadline);
    } finally {
      lock.unlock();
    }
  }

  private ServerPlaces at(SshTarget target) {
    var breaker = breakers.computeIfAbsent(target.host() + ":" + target.port(), _ -> new Breaker(properties));
    return new ServerPlaces(target, breaker, properties);
  }

  private PooledConnection await(ServerPlaces server, Traffic traffic, Deadline deadline) {
    var waiter = new Waiter(lock.newCondition(), traffic);
    server.waiters.addLast(waiter);
    metrics.hadToWait();
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
      throw new PoolExhausted(server.target.label(), false, "Interrupted while waiting for "
          + server.target.label(), e);
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
    return new PoolExhausted(server.target.label(), server.connecting && server.connections.isEmpty(),
        "No place on " + server.target.label() + " within "
            + deadline.limit().toMillis() + " ms: " + why,
        null);
  }

  void giveBack(PooledConnection connection) {
    lock.lock();
    try {
      connection.giveBack(clock.instant());
      connection.server.serve(mostSilence);
      if (connection.retired() && connection.idle()) {
        drop(connection, Ending.RETIRED);
        connection.link.close();
      }
      grow(connection.server);
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

  /** Logs in once more for those who wait, one login per server at a time; beyond the cap whoever came first is next. */
  private void grow(ServerPlaces server) {
    growing.add(server);
    for (var next : List.copyOf(growing)) {
      makeRoom(next);
      var needed = !closed && next.mayConnect(properties.connectionsPerServer());
      if (needed && connections >= properties.maxConnections() && !evict()) {
        return;
      }
      growing.remove(next);
      if (needed) {
        connections++;
        next.connecting = true;
        next.connectingFor = next.wanted(properties.connectionsPerServer());
        next.breaker.trying();
        Thread.ofVirtual().name("ssh-login " + next.target).start(() -> login(next));
      }
    }
  }

  /** A connection for one kind of traffic that nobody is on must not keep the other kind waiting. */
  private void makeRoom(ServerPlaces server) {
    var idle = server.inTheWay(properties.connectionsPerServer());
    if (idle != null && drop(idle, Ending.EVICTED)) {
      idle.link.close();
    }
  }

  private void login(ServerPlaces server) {
    Link link = null;
    SshException failure = null;
    logins.acquireUninterruptibly();
    var started = System.nanoTime();
    try {
      link = library.connect(server.target);
    } catch (SshException e) {
      failure = e;
    } catch (RuntimeException e) {
      failure = new ConnectionLost(server.target.label(), true, "the login failed: " + e.getMessage(), e);
    } finally {
      logins.release();
    }
    var took = System.nanoTime() - started;
    metrics.login(took, failure);
    if (failure == null) {
      LOG.info("Logged in to {} in {} ms", server.target, took / 1_000_000);
    }
    lock.lock();
    try {
      server.connecting = false;
      if (link != null) {
        loggedIn++;
        arrived(server, link);
      } else if (failure != null) {
        failedLogins++;
        connections--;
        failed(server, failure);
      }
    } finally {
      lock.unlock();
    }
  }

  private void failed(ServerPlaces server, SshException failure) {
    if (server.failed(failure, clock.instant())) {
      metrics.circuitOpened();
      LOG.warn("Nobody tries {} for a while: {}", server.target, failure.getMessage());
    }
    if (server.connections.isEmpty()) {
      server.failAll(failure);
    }
    grow(server);
  }

  private void arrived(ServerPlaces server, Link link) {
    if (closed || servers.get(server.target) != server) {
      connections--;
      server.breaker.spared();
      link.close();
      grow(server);
      return;
    }
    var connection = new PooledConnection(link, server,
        Objects.requireNonNullElse(server.connectingFor, Traffic.COMMANDS), clock.instant());
    server.connections.add(connection);
    server.reached();
    server.serve(mostSilence);
    grow(server);
    link.onEnd(reason -> gone(connection, reason));
  }

  private void gone(PooledConnection connection, String reason) {
    lock.lock();
    try {
      if (drop(connection, Ending.BROKEN)) {
        connection.server.note("CONNECTION_LOST", "The connection ended: " + reason, clock.instant());
      }
      grow(connection.server);
    } finally {
      lock.unlock();
    }
  }

  private boolean drop(PooledConnection connection, Ending why) {
    if (!connection.server.connections.contains(connection)) {
      return false;
    }
    connection.server.remove(connection, clock.instant());
    connection.retire();
    connections--;
    endings.merge(why, 1L, Long::sum);
    metrics.closed(why).increment();
    return true;
  }

  /** Ends the connection that was not used for longest, if there is one that nobody needs now. */
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
    drop(idlest, Ending.EVICTED);
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
      var now = clock.instant();
      var tooOld = now.minus(properties.idle());
      for (var connection : all()) {
        var dead = dead(connection.link);
        if (dead != null) {
          kill(connection, dead);
        } else if (!connection.link.isOpen()) {
          drop(connection, Ending.BROKEN);
          connection.link.close();
        } else if (connection.unusedSince(tooOld)) {
          drop(connection, Ending.IDLE);
          connection.link.close();
        }
      }
      List.copyOf(servers.values()).forEach(this::grow);
      servers.values().removeIf(server -> server.forgettable(now));
      breakers.values()
          .retainAll(servers.values().stream().map(server -> server.breaker).collect(Collectors.toSet()));
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Ending dead(Link link) {
    if (link.stuck() > properties.stuckWrite().toNanos()) {
      return Ending.STUCK;
    }
    return link.silence() > properties.keepAlive().toNanos() * 3 ? Ending.SILENT : null;
  }

  private void kill(PooledConnection connection, Ending why) {
    var sentence = why == Ending.STUCK
        ? "a writer was stuck for " + properties.stuckWrite().toMillis() + " ms"
        : "nothing was heard for " + properties.keepAlive().toMillis() * 3 + " ms";
    if (drop(connection, why)) {
      connection.server.note("CONNECTION_LOST", "The connection was closed: " + sentence, clock.instant());
    }
    connection.link.kill(sentence);
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
      gone.forEach(connection -> drop(connection, Ending.ASKED));
      growing.remove(server);
      server.breaker.forget();
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
      return new SshStats(all.size(), idle, properties.maxConnections(), Math.max(0, connections - all.size()), taken,
          waiting, circuits(SshCircuit.OPEN), circuits(SshCircuit.HALF_OPEN), loggedIn, failedLogins,
          ended(Ending.SILENT) + ended(Ending.STUCK), ended(Ending.EVICTED));
    } finally {
      lock.unlock();
    }
  }

  private int circuits(SshCircuit state) {
    return (int) breakers.values().stream().filter(breaker -> breaker.state() == state).count();
  }

  private long ended(Ending why) {
    return endings.getOrDefault(why, 0L);
  }

  List<SshServerStats> servers() {
    lock.lock();
    try {
      return servers.values().stream().map(server -> server.stats(properties.connectionsPerServer(), clock)).toList();
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
