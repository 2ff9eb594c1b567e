package io.chom.ssh;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A time without tries. It doubles each time it begins again, and is spread, so that a fleet does not come back all at
 * once. Guarded by the pool's lock.
 */
final class Pause {
  private final long first;
  private final long longest;
  private int times;
  private long until;

  Pause(Duration first, Duration longest) {
    this.first = first.toNanos();
    this.longest = longest.toNanos();
  }

  void begin() {
    var most = Math.min(longest, first << Math.min(times, 20));
    times++;
    until = System.nanoTime() + most / 2 + ThreadLocalRandom.current().nextLong(most / 2 + 1);
  }

  /** The next one is short again. */
  void forget() {
    times = 0;
  }

  boolean over() {
    return left().isZero();
  }

  Duration left() {
    return times == 0 ? Duration.ZERO : Duration.ofNanos(Math.max(0, until - System.nanoTime()));
  }
}
