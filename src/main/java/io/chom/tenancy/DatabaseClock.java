package io.chom.tenancy;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * The one clock: code asks it for the time, and tests turn theirs. It tells the database's time, so that all nodes agree
 * and a node whose own clock is wrong dates nothing wrongly. Between two looks, and while the database is away, it goes
 * on by the processor's time, which never jumps.
 */
@Component
class DatabaseClock extends Clock implements SmartLifecycle {
  private static final Logger LOG = LoggerFactory.getLogger(DatabaseClock.class);
  private static final Duration EVERY = Duration.ofSeconds(30);
  private static final Duration WORTH_TELLING = Duration.ofSeconds(5);

  private record Mark(Instant at, long nanos) {}

  private final DataSource database;
  private volatile Mark mark = new Mark(Instant.now(), System.nanoTime());
  private volatile Duration told = Duration.ZERO;
  private volatile @Nullable Thread thread;

  DatabaseClock(DataSource database) {
    this.database = database;
  }

  @Override
  public Instant instant() {
    var last = mark;
    return last.at().plusNanos(System.nanoTime() - last.nanos());
  }

  /** Compares itself with the database. */
  void look() throws SQLException {
    try (var connection = database.getConnection(); var statement = connection.createStatement()) {
      long before = System.nanoTime();
      try (var row = statement.executeQuery("select clock_timestamp()")) {
        row.next();
        long after = System.nanoTime();
        mark = new Mark(row.getTimestamp(1).toInstant(), before + (after - before) / 2);
      }
    }
    tell(Duration.between(instant(), Instant.now()));
  }

  /** When it changes, not with every look. */
  private void tell(Duration off) {
    if (off.minus(told).abs().compareTo(WORTH_TELLING) > 0) {
      LOG.warn("This machine's clock is off by {} s from the database's, which holds: let both follow a time server",
          off.toSeconds());
      told = off;
    }
  }

  private void tryToLook() {
    try {
      look();
    } catch (SQLException e) {
      LOG.debug("The database did not tell the time", e);
    }
  }

  @Override
  public void start() {
    tryToLook();
    thread = Thread.ofVirtual().name("clock").start(this::run);
  }

  private void run() {
    while (!Thread.currentThread().isInterrupted()) {
      try {
        Thread.sleep(EVERY);
      } catch (InterruptedException _) {
        return;
      }
      tryToLook();
    }
  }

  @Override
  public void stop() {
    var looking = thread;
    if (looking != null) {
      looking.interrupt();
      thread = null;
    }
  }

  @Override
  public boolean isRunning() { return thread != null; }

  /** Before everything that dates. */
  @Override
  public int getPhase() { return Integer.MIN_VALUE; }

  @Override
  public ZoneId getZone() { return ZoneOffset.UTC; }

  @Override
  public Clock withZone(ZoneId zone) {
    return Clock.tick(this, Duration.ofNanos(1)).withZone(zone);
  }
}
