package io.chom.promql;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Asks nothing for a while after nothing was answered several times in a row. It counts batches: a page whose five
 * questions fail together has failed once, and pages that were asked at the same time fail once together.
 */
final class Breaker {
  private static final int FAILURES = 3;
  private static final Duration REST = Duration.ofSeconds(10);

  private final LongSupplier nanos;
  private int failures;
  private long failed;
  private long until;
  private boolean trying;

  Breaker(LongSupplier nanos) {
    this.nanos = nanos;
    this.failed = nanos.getAsLong() - 1;
    this.until = failed;
  }

  /** Whether to ask. After the rest one batch is let through to see; the others wait for what comes of it. */
  synchronized boolean lets() {
    if (failures < FAILURES) {
      return true;
    }
    if (trying || nanos.getAsLong() - until < 0) {
      return false;
    }
    trying = true;
    return true;
  }

  synchronized void answered() {
    failures = 0;
    trying = false;
  }

  /** @param began when the batch was asked */
  synchronized void failed(long began) {
    // what was asked before the last failure belongs to it
    if (began - failed > 0) {
      trying = false;
      failures = Math.min(FAILURES, failures + 1);
      failed = nanos.getAsLong();
      until = failed + REST.toNanos();
    }
  }

  /** Nothing can be said of this batch. */
  synchronized void unknown() {
    trying = false;
  }

  synchronized boolean open() {
    return failures >= FAILURES;
  }
}
