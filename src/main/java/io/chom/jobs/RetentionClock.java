package io.chom.jobs;

import io.chom.sites.Retention;
import io.chom.sites.SiteId;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.SmartLifecycle;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Has deleted sites removed for good when the time for which they are retained is over, whosever they are. Each removal
 * is an operation that its tenant can follow; nodes that tick together ask for it once.
 */
@Component
class RetentionClock implements SmartLifecycle {
  private static final Logger LOG = LoggerFactory.getLogger(RetentionClock.class);
  private static final Duration EVERY = Duration.ofMinutes(5);
  private static final int PIECE = 200;

  private final JdbcClient everyTenant;
  private final Retention retention;
  private final WorkerProperties properties;
  private final Clock clock;
  private final Ticker ticker;

  RetentionClock(@Qualifier("jobsDataSource") DataSource everyTenant, Retention retention,
      WorkerProperties properties, Clock clock) {
    this.everyTenant = JdbcClient.create(everyTenant);
    this.retention = retention;
    this.properties = properties;
    this.clock = clock;
    this.ticker = new Ticker("retention", EVERY, this::tick, "Deleted sites stay retained for now");
  }

  private record Over(TenantId tenant, SiteId site) {}

  /** Asks for the removal of what is over, and answers how many it was. */
  int tick() {
    int ended = 0;
    for (var over : over()) {
      try {
        if (TenantContext.callAs(over.tenant(), () -> retention.end(over.site()))) {
          ended++;
        }
      } catch (RuntimeException e) {
        // one that cannot go now keeps no other one
        LOG.warn("Site {} stays retained for now: {}", over.site(), e.getMessage());
      }
    }
    return ended;
  }

  private List<Over> over() {
    return everyTenant.sql("""
        select tenant_id, id from site
        where status = 'DELETED' and retained_until <= :now order by retained_until limit :limit
        """).param("now", Timestamp.from(clock.instant())).param("limit", PIECE)
        .query((row, n) -> new Over(new TenantId(row.getObject("tenant_id", UUID.class)),
            new SiteId(row.getObject("id", UUID.class))))
        .list();
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
