package io.chom.jobs;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does one thing at once and then again and again, until it is stopped. A turn that fails is told and ends nothing: the
 * next one comes, whatever this one met.
 */
class Ticker {
  private static final Logger LOG = LoggerFactory.getLogger(Ticker.class);

  private final String name;
  private final Duration every;
  private final Runnable tick;
  private final String failed;
  private volatile @Nullable CountDownLatch end;

  /**
   * @param every from the end of one turn to the beginning of the next
   * @param failed what a failed turn means, for the log
   */
  Ticker(String name, Duration every, Runnable tick, String failed) {
    this.name = name;
    this.every = every;
    this.tick = tick;
    this.failed = failed;
  }

  synchronized void start() {
    if (end == null) {
      var ending = new CountDownLatch(1);
      end = ending;
      Thread.ofVirtual().name(name).start(() -> run(ending));
    }
  }

  private void run(CountDownLatch ending) {
    try {
      do {
        turn();
      } while (!ending.await(every.toNanos(), TimeUnit.NANOSECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void turn() {
    try {
      tick.run();
    } catch (RuntimeException e) {
      // a transaction that cannot begin, for one, is no DataAccessException
      LOG.warn("{}: {}", failed, e.getMessage());
    }
  }

  /**
   * No turn begins any more. One under way is not waited for, and not interrupted either: that would close the connection
   * under its statement.
   */
  synchronized void stop() {
    var ending = end;
    if (ending != null) {
      ending.countDown();
      end = null;
    }
  }

  boolean isRunning() { return end != null; }
}
