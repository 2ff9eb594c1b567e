package io.chom.ssh;

import java.time.Duration;

/** A moment by which something must be over, however many steps it takes. */
record Deadline(long nanos, Duration limit) {

  static Deadline in(Duration limit) {
    return new Deadline(System.nanoTime() + limit.toNanos(), limit);
  }

  long left() {
    return Math.max(0, nanos - System.nanoTime());
  }

  boolean passed() {
    return left() == 0;
  }

  /** What is left, but not more than the step may take. */
  Duration atMost(Duration step) {
    var left = Duration.ofNanos(left());
    return left.compareTo(step) < 0 ? left : step;
  }
}
