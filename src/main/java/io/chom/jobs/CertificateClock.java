package io.chom.jobs;

import io.chom.sites.Certificates;
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
 * Asks for new certificates before the old ones end, whosever they are. Every node ticks; each certificate that is due
 * is looked at by one of them, which moves it on first, so that it comes up again if that node dies over it.
 */
@Component
class CertificateClock implements SmartLifecycle {
  private static final Logger LOG = LoggerFactory.getLogger(CertificateClock.class);
  private static final Duration EVERY = Duration.ofMinutes(1);
  /** One that was due and could not be asked for, such as that of a deleted site, is looked at again after this. */
  private static final Duration LOOK_AGAIN = Duration.ofHours(6);
  private static final int AT_ONCE = 50;

  private final JdbcClient everyTenant;
  private final Certificates certificates;
  private final WorkerProperties properties;
  private final Clock clock;
  private final Ticker ticker;

  CertificateClock(@Qualifier("jobsDataSource") DataSource everyTenant, Certificates certificates,
      WorkerProperties properties, Clock clock) {
    this.everyTenant = JdbcClient.create(everyTenant);
    this.certificates = certificates;
    this.properties = properties;
    this.clock = clock;
    this.ticker = new Ticker("certificates", EVERY, this::tick, "Certificates are not renewed for now");
  }

  private record Due(TenantId tenant, SiteId site) {}

  /** Asks for what is due, and answers how many that was. */
  int tick() {
    int asked = 0;
    for (var due : takeDue()) {
      try {
        if (TenantContext.callAs(due.tenant(), () -> certificates.renew(due.site()))) {
          asked++;
        }
      } catch (RuntimeException e) {
        LOG.warn("The certificate of site {} could not be asked for: {}", due.site(), e.getMessage());
      }
    }
    return asked;
  }

  private List<Due> takeDue() {
    var now = clock.instant();
    return everyTenant.sql("""
        update certificate set renew_at = :later where id in (
          select id from certificate where status = 'ACTIVE' and renew_at <= :now
          order by renew_at limit :limit for update skip locked)
        returning tenant_id, site_id
        """).param("later", Timestamp.from(now.plus(LOOK_AGAIN))).param("now", Timestamp.from(now))
        .param("limit", AT_ONCE)
        .query((row, n) -> new Due(new TenantId(row.getObject("tenant_id", UUID.class)),
            new SiteId(row.getObject("site_id", UUID.class))))
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
