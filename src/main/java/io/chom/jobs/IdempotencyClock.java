package io.chom.jobs;

import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import javax.sql.DataSource;
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
  private static final Duration EVERY = Duration.ofMinutes(10);
  private static final int PIECE = 500;

  private final JdbcClient everyTenant;
  private final WorkerProperties properties;
  private final Clock clock;
  private final Ticker ticker;

  IdempotencyClock(@Qualifier("jobsDataSource") DataSource everyTenant, WorkerProperties properties, Clock clock) {
    this.everyTenant = JdbcClient.create(everyTenant);
    this.properties = properties;
    this.clock = clock;
    this.ticker = new Ticker("idempotency", EVERY, this::forget, "Old idempotency keys stay for now");
  }

  /** Forgets up to {@code limit} of the oldest, and answers how many it was. */
  int tick(int limit) {
    return everyTenant.sql("""
        delete from idempotency_key where (tenant_id, user_or_token, key) in (
          select tenant_id, user_or_token, key from idempotency_key where created_at < :before
          order by created_at limit :limit)
        """).param("before", Timestamp.from(clock.instant().minus(KEPT))).param("limit", limit).update();
  }

  private void forget() {
    int forgotten = PIECE;
    while (forgotten == PIECE && ticker.isRunning()) {
      forgotten = tick(PIECE);
    }
  }

  @Override
  public void start() {
    if (properties.enabled()) {
      ticker.start();
    }
  }

  @Override
  public void stop() {
    ticker.stop();
  }

  @Override
  public boolean isRunning() { return ticker.isRunning(); }
}
