package io.chom.jobs;

import io.chom.servers.ServerId;
import io.chom.servers.ServerStats;
import io.chom.sites.SiteStorage;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.SmartLifecycle;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Has every server asked in time how much its sites use. Nodes may tick together: each question is taken by one of them.
 * A server's answer reaches only the tenants that have a place there.
 */
@Component
class SiteStorageClock implements SmartLifecycle {
  private static final Logger LOG = LoggerFactory.getLogger(SiteStorageClock.class);

  private final JdbcClient everyTenant;
  private final ServerStats stats;
  private final SiteStorage storage;
  private final WorkerProperties properties;
  private final Set<ServerId> asking = ConcurrentHashMap.newKeySet();
  private final Ticker ticker;

  SiteStorageClock(@Qualifier("jobsDataSource") DataSource everyTenant, ServerStats stats, SiteStorage storage,
      WorkerProperties properties) {
    this.everyTenant = JdbcClient.create(everyTenant);
    this.stats = stats;
    this.storage = storage;
    this.properties = properties;
    this.ticker = new Ticker("site-storage", stats.every().dividedBy(4), this::tick,
        "Servers are not asked for their figures now");
  }

  private record Due(TenantId tenant, ServerId server) {}

  /** Starts to ask each server that is due, and does not wait for them. */
  void tick() {
    for (var due : due()) {
      if (asking.add(due.server())) {
        Thread.ofVirtual().name("stats-" + due.server()).start(() -> ask(due));
      }
    }
  }

  private void ask(Due due) {
    try {
      TenantContext.callAs(due.tenant(), () -> stats.ask(due.server())).ifPresent(answer -> {
        for (var tenant : tenantsOn(due.server())) {
          TenantContext.runAs(tenant, () -> storage.note(due.server(), answer.path("sites")));
        }
      });
    } catch (RuntimeException e) {
      LOG.warn("The figures of server {} were not noted: {}", due.server(), e.getMessage());
    } finally {
      asking.remove(due.server());
    }
  }

  private List<TenantId> tenantsOn(ServerId server) {
    return everyTenant.sql("select distinct tenant_id from server_allocation where server_id = :server")
        .param("server", server.value()).query((row, n) -> new TenantId(row.getObject("tenant_id", UUID.class)))
        .list();
  }

  private List<Due> due() {
    return everyTenant.sql("""
        select tenant_id, id from vps_server
        where status = 'READY' and (stats_at is null or stats_at <= now() - cast(:every as interval))
        order by stats_at nulls first limit 100
        """).param("every", stats.every().toMillis() + " milliseconds")
        .query((row, n) -> new Due(new TenantId(row.getObject("tenant_id", UUID.class)),
            new ServerId(row.getObject("id", UUID.class))))
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
