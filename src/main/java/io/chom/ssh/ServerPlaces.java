package io.chom.ssh;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** One login's connections, and who waits for a place on them. Guarded by the pool's lock. */
final class ServerPlaces {
  final SshTarget target;
  final List<PooledConnection> connections = new ArrayList<>(1);
  final Deque<Waiter> waiters = new ArrayDeque<>();
  boolean connecting;
  private int failures;
  private long notBefore;
  private @Nullable SshException lastFailure;

  ServerPlaces(SshTarget target) {
    this.target = target;
  }

  @Nullable
  PooledConnection free(long mostSilence) {
    for (var connection : connections) {
      if (connection.hasPlace(mostSilence)) {
        return connection;
      }
    }
    return null;
  }

  void reached() {
    failures = 0;
    lastFailure = null;
  }

  /** Doubles the pause with each failure, and spreads it so that a fleet does not come back at once. */
  void failed(SshException failure, SshProperties properties) {
    lastFailure = failure;
    var pause = Math.min(properties.maxBackOff().toNanos(),
        properties.backOff().toNanos() << Math.min(failures, 20));
    failures++;
    notBefore = System.nanoTime() + pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2 + 1);
  }

  /** The failure to repeat instead of trying again already. */
  @Nullable
  SshException resting() {
    return lastFailure != null && connections.isEmpty() && !connecting && notBefore - System.nanoTime() > 0
        ? lastFailure
        : null;
  }

  boolean mayConnect(int most) {
    return !connecting && !waiters.isEmpty() && connections.size() < most
        && (lastFailure == null || notBefore - System.nanoTime() <= 0);
  }

  void serve(long mostSilence) {
    while (!waiters.isEmpty()) {
      var connection = free(mostSilence);
      if (connection == null) {
        return;
      }
      connection.take();
      waiters.removeFirst().give(connection);
    }
  }

  void failAll(SshException failure) {
    while (!waiters.isEmpty()) {
      waiters.removeFirst().fail(failure);
    }
  }

  boolean forgettable() {
    return connections.isEmpty() && waiters.isEmpty() && !connecting && resting() == null;
  }
}
