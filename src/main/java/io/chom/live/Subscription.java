package io.chom.live;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/** One watcher's ear. Holds at most the set of topics that changed, however often they did. */
public final class Subscription implements AutoCloseable {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition rung = lock.newCondition();
  private final Set<String> changed = new HashSet<>();
  private final Consumer<Subscription> leave;
  private volatile boolean ended;

  Subscription(Consumer<Subscription> leave) {
    this.leave = leave;
  }

  /** Waits until something has changed or this has ended; empty if nothing changed within the time. */
  public Set<String> await(Duration atMost) throws InterruptedException {
    long left = atMost.toNanos();
    lock.lock();
    try {
      while (changed.isEmpty() && !ended && left > 0) {
        left = rung.awaitNanos(left);
      }
      var topics = Set.copyOf(changed);
      changed.clear();
      return topics;
    } finally {
      lock.unlock();
    }
  }

  /** Whether it was closed or the panel stops: nothing more will be heard. */
  public boolean ended() {
    return ended;
  }

  void end() {
    lock.lock();
    try {
      ended = true;
      rung.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void wake(String topic) {
    lock.lock();
    try {
      changed.add(topic);
      rung.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Leaves, and wakes whoever waits. Once more changes nothing. */
  @Override
  public void close() {
    end();
    leave.accept(this);
  }
}
