package io.chom.ssh;

import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;

/** A caller waiting for a place. Guarded by the pool's lock. */
final class Waiter {
  final Condition condition;
  final Traffic traffic;
  private @Nullable PooledConnection connection;
  private @Nullable SshException failure;

  Waiter(Condition condition, Traffic traffic) {
    this.condition = condition;
    this.traffic = traffic;
  }

  void give(PooledConnection place) {
    connection = place;
    condition.signal();
  }

  void fail(SshException why) {
    failure = why;
    condition.signal();
  }

  @Nullable
  PooledConnection connection() {
    return connection;
  }

  @Nullable
  SshException failure() {
    return failure;
  }

  boolean done() {
    return connection != null || failure != null;
  }
}
