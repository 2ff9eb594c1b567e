package io.chom.jobs;

import io.chom.servers.ServerHealth;
import io.chom.servers.ServerId;
import io.chom.servers.WatchRing;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import java.sql.ResultSet;
import java.sql.SQLException;
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
 * Has every server probed in time, whosever it is. The servers are divided among the nodes that are alive; where two of
 * these disagree for a moment, each probe is still taken by one. A server that is slow to answer delays nobody else's probe.
 */
@Component
class ServerHealthClock implements SmartLifecycle {
  private static final Logger LOG = LoggerFactory.getLogger(ServerHealthClock.class);
  private static final int SOUNDINGS = 20;

  private final JdbcClient everyTenant;
  private final ServerHealth health;
  private final WatchRing ring;
  private final WorkerProperties properties;
  private final Set<ServerId> probing = ConcurrentHashMap.newKeySet();
  private final Ticker ticker;

  ServerHealthClock(@Qualifier("jobsDataSource") DataSource everyTenant, ServerHealth health,
      WatchRing ring, WorkerProperties properties) {
    this.everyTenant = JdbcClient.create(everyTenant);
    this.health = health;
    this.ring = ring;
    this.properties = properties;
    this.ticker = new Ticker("server-health", health.every().dividedBy(4), this::tick, "Servers are not probed now");
  }

  private record Due(TenantId tenant, ServerId server) {}

  /** Starts a probe of each server that is due and this node's to look after, and does not wait for them. */
  void tick() {
    ring.beat();
    for (var due : due()) {
      if (ring.mine(due.server()) && probing.add(due.server())) {
        Thread.ofVirtual().name("probe-" + due.server()).start(() -> probe(due));
      }
    }
    if (ring.relieved()) {
      soundOut();
    }
  }

  /** The others look after its servers; whether its own network is well again it learns from a few of them. */
  private void soundOut() {
    for (var due : everyTenant.sql("select tenant_id, id from vps_server where status = 'READY' order by id limit 500")
        .query(ServerHealthClock::read).list().stream().filter(due -> ring.wouldBeMine(due.server())).limit(SOUNDINGS)
        .toList()) {
      if (probing.add(due.server())) {
        Thread.ofVirtual().name("sound-" + due.server()).start(() -> {
          try {
            TenantContext.runAs(due.tenant(), () -> health.sound(due.server()));
          } catch (RuntimeException e) {
            LOG.warn("Server {} could not be asked: {}", due.server(), e.getMessage());
          } finally {
            probing.remove(due.server());
          }
        });
      }
    }
  }

  private void probe(Due due) {
    try {
      TenantContext.runAs(due.tenant(), () -> health.check(due.server()));
      hurry(due.server());
    } catch (RuntimeException e) {
      LOG.warn("Server {} could not be probed: {}", due.server(), e.getMessage());
    } finally {
      probing.remove(due.server());
    }
  }

  /** What waited for this server need not wait any longer, once it answers again. */
  void hurry(ServerId server) {
    everyTenant.sql("""
        update operation set next_try_at = now()
        where server_id = :server and status = 'QUEUED' and next_try_at > now()
          and exists (select from vps_server where id = :server and status = 'READY' and health_layer is null)
        """).param("server", server.value()).update();
    everyTenant
        .sql(
            """
                update operation set lease_expires_at = now()
                where server_id = :server and status in ('RUNNING', 'CANCELLING') and lease_owner is null
                  and waiting_since is not null and lease_expires_at > now()
                  and exists (select from vps_server where id = :server and status in ('READY', 'PREPARING', 'MAINTENANCE') and health_layer is null)
                """)
        .param("server", server.value()).update();
  }

  private List<Due> due() {
    return everyTenant.sql("""
        select tenant_id, id from vps_server
        where status in ('READY', 'UNREACHABLE', 'PREPARING', 'MAINTENANCE')
          and (health_at is null or health_at <= now() - cast(:every as interval))
        order by health_at nulls first limit 500
        """).param("every", health.every().toMillis() + " milliseconds")
        .query(ServerHealthClock::read).list();
  }

  private static Due read(ResultSet row, int n) throws SQLException {
    return new Due(new TenantId(row.getObject("tenant_id", UUID.class)),
        new ServerId(row.getObject("id", UUID.class)));
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
    try {
      ring.leave();
    } catch (RuntimeException e) {
      LOG.info("The others learn late that this node has left: {}", e.getMessage());
    }
  }

  @Override
  public boolean isRunning() { return ticker.isRunning(); }
}
