package io.chom.jobs;

import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.SmartLifecycle;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Forgets idempotency keys when their time is over, whosever they are: nobody repeats a request a day later, and their
 * answers would fill the table for ever. In small pieces, so that nothing waits for it; nodes may tick together.
 */
@Component
class IdempotencyClock implements SmartLifecycle {
  /** How long the answer to a request is kept. */
  static final Duration KEPT = Duration.ofHours(24);
  private static final Logger LOG = LoggerFactory.getLogger(IdempotencyClock.class);
  private static final Duration EVERY = Duration.ofMinutes(10);
  private static final int PIECE = 500;

  private final JdbcClient everyTenant;
  private final WorkerProperties properties;
  private final Clock clock;
  private volatile @Nullable Thread thread;

  IdempotencyClock(@Qualifier("jobsDataSource") DataSource everyTenant, WorkerProperties properties, Clock clock) {
    this.everyTenant = JdbcClient.create(everyTenant);
    this.properties = properties;
    this.clock = clock;
  }

  /** Forgets up to {@code limit} of the oldest, and answers how many it was. */
  int tick(int limit) {
    return everyTenant.sql("""
        delete from idempotency_key where (tenant_id, user_or_token, key) in (
          select tenant_id, user_or_token, key from idempotency_key where created_at < :before
          order by created_at limit :limit)
        """).param("before", Timestamp.from(clock.instant().minus(KEPT))).param("limit", limit).update();
  }

  @Override
  public void start() {
    if (properties.enabled()) {
      thread = Thread.ofVirtual().name("idempotency").start(this::run);
    }
  }

  private void run() {
    while (!Thread.currentThread().isInterrupted()) {
      try {
        int forgotten = PIECE;
        while (forgotten == PIECE && !Thread.currentThread().isInterrupted()) {
          forgotten = tick(PIECE);
        }
      } catch (RuntimeException e) {
        LOG.warn("Old idempotency keys stay for now: {}", e.getMessage());
      }
      rest();
    }
  }

  private static void rest() {
    try {
      Thread.sleep(EVERY);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void stop() {
    var sleeper = thread;
    if (sleeper != null) {
      sleeper.interrupt();
      thread = null;
    }
  }

  @Override
  public boolean isRunning() { return thread != null; }
}
