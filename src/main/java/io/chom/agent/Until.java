package io.chom.agent;

import java.time.Duration;

/** A moment by which a request must have ended. */
record Until(long nanos, Duration limit) {

  static Until in(Duration limit) {
    return new Until(System.nanoTime() + limit.toNanos(), limit);
  }

  Duration left() {
    return Duration.ofNanos(Math.max(0, nanos - System.nanoTime()));
  }

  boolean passed() {
    return nanos - System.nanoTime() <= 0;
  }

  Duration atMost(Duration step) {
    var left = left();
    return left.compareTo(step) < 0 ? left : step;
  }
}
