package io.chom.ssh;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One login's connections, and who waits for a place on them. Guarded by the pool's lock. */
final class ServerPlaces {
  // a limit that was learnt is doubted this often, by one place: the server's settings may have changed
  private static final Duration DOUBT = Duration.ofMinutes(1);
  // what went wrong is shown for a while after it is over
  private static final Duration MEMORY = Duration.ofHours(1);

  final SshTarget target;
  final Breaker breaker;
  final List<PooledConnection> connections = new ArrayList<>(1);
  final Deque<Waiter> waiters = new ArrayDeque<>();
  boolean connecting;
  /** What the login under way is for. */
  @Nullable
  Traffic connectingFor;
  private final int most;
  private final Pause pause;
  private int limit;
  private Instant learnt = Instant.MIN;
  private @Nullable SshException refusal;
  private @Nullable SshFault lastFault;
  private @Nullable Instant lastHeard;

  ServerPlaces(SshTarget target, Breaker breaker, SshProperties properties) {
    this.target = target;
    this.breaker = breaker;
    this.most = properties.channelsPerConnection();
    this.limit = most;
    this.pause = new Pause(properties.backOff(), properties.maxBackOff());
  }

  @Nullable
  PooledConnection free(Traffic traffic, long mostSilence) {
    for (var connection : connections) {
      if (connection.traffic == traffic && connection.hasPlace(mostSilence)) {
        return connection;
      }
    }
    return null;
  }

  /** Channels that one connection carries. */
  int limit() {
    return limit;
  }

  /** The server refused one channel next to so many on one connection. */
  void learn(int taken, Instant now) {
    limit = Math.max(1, Math.min(limit, taken) - 1);
    learnt = now;
  }

  void doubt(Instant now) {
    if (limit < most && learnt.isBefore(now.minus(DOUBT))) {
      limit++;
      learnt = now;
    }
  }

  void reached() {
    breaker.reached();
    refusal = null;
    pause.forget();
  }

  /** @return whether this opened the breaker */
  boolean failed(SshException failure, Instant now) {
    note(failure.code(), String.valueOf(failure.getMessage()), now);
    switch (failure) {
      // it answered, and said no
      case HostKeyRejected _,AuthenticationRejected _ -> breaker.reached();
      // it was not even asked
      case CredentialUnusable _ -> breaker.spared();
      case HostUnreachable _,ConnectionLost _,PoolExhausted _,CommandTimedOut _ -> {
        if (connections.isEmpty()) {
          return breaker.fault(failure);
        }
        // it is there: it only takes no further connection
        breaker.spared();
      }
    }
    refusal = failure;
    pause.begin();
    return false;
  }

  void note(String code, String message, Instant now) {
    lastFault = new SshFault(code, message, now);
  }

  /** The failure to repeat instead of trying again already. */
  @Nullable
  SshException resting() {
    if (!connections.isEmpty()) {
      return null;
    }
    return refusal != null && !connecting && !pause.over() ? refusal : breaker.refuses();
  }

  boolean mayConnect(int mostConnections) {
    return !connecting && wanted(mostConnections) != null && pause.over() && breaker.mayTry();
  }

  /** What one more connection would be for; null where nobody needs one, or there are enough. */
  @Nullable
  Traffic wanted(int mostConnections) {
    return connections.size() < mostConnections ? lacking() : null;
  }

  /** Whose waiters one more connection would help, first come first served; of those for streams there is one. */
  private @Nullable Traffic lacking() {
    for (var waiter : waiters) {
      if (waiter.traffic == Traffic.COMMANDS || !carries(Traffic.STREAMS)) {
        return waiter.traffic;
      }
    }
    return null;
  }

  private boolean carries(Traffic traffic) {
    return connections.stream().anyMatch(connection -> connection.traffic == traffic);
  }

  /** An idle connection of the other kind, where it is what keeps a waiter from getting one; null where none is. */
  @Nullable
  PooledConnection inTheWay(int mostConnections) {
    var lacking = connections.size() < mostConnections || connecting ? null : lacking();
    return lacking == null
        ? null
        : connections.stream().filter(one -> one.traffic != lacking && one.idle()).findFirst().orElse(null);
  }

  boolean nobodyWaits(Traffic traffic) {
    return waiters.stream().noneMatch(waiter -> waiter.traffic == traffic);
  }

  void serve(long mostSilence) {
    for (var waiting = waiters.iterator(); waiting.hasNext();) {
      var waiter = waiting.next();
      var connection = free(waiter.traffic, mostSilence);
      if (connection != null) {
        connection.take();
        waiting.remove();
        waiter.give(connection);
      }
    }
  }

  void failAll(SshException failure) {
    while (!waiters.isEmpty()) {
      waiters.removeFirst().fail(failure);
    }
  }

  void remove(PooledConnection connection, Instant now) {
    lastHeard = heard(now);
    connections.remove(connection);
  }

  private @Nullable Instant heard(Instant now) {
    return connections.stream().map(one -> now.minusNanos(one.link.silence())).max(Comparator.naturalOrder())
        .orElse(lastHeard);
  }

  boolean forgettable(Instant now) {
    var remembered = lastFault != null && lastFault.at().isAfter(now.minus(MEMORY));
    return connections.isEmpty() && waiters.isEmpty() && !connecting && !remembered && breaker.healthy()
        && pause.over();
  }

  SshServerStats stats(int mostConnections, Clock clock) {
    var keyId = target.credential() instanceof SshCredential.Key key ? key.id() : null;
    var wait = refusal == null ? breaker.untilNextTry() : pause.left();
    return new SshServerStats(target.host(), target.port(), target.user(), keyId, connections.size(), mostConnections,
        connections.stream().mapToInt(PooledConnection::taken).sum(), connections.size() * limit, waiters.size(),
        breaker.state(), breaker.faults(), wait, heard(clock.instant()), lastFault);
  }
}
