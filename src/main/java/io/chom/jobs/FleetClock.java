package io.chom.jobs;

import io.chom.servers.Drift;
import io.chom.servers.KeyRotation;
import io.chom.servers.ServerId;
import io.chom.servers.WatchRing;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.SmartLifecycle;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Has every server compared with what the panel knows of it, and old keys exchanged, in time. Nodes may tick together:
 * of each thing one takes it.
 */
@Component
class FleetClock implements SmartLifecycle {
  private static final Logger LOG = LoggerFactory.getLogger(FleetClock.class);
  private static final Duration EVERY = Duration.ofMinutes(1);
  private static final int PIECE = 100;

  private final JdbcClient everyTenant;
  private final Drift drift;
  private final KeyRotation keys;
  private final WatchRing ring;
  private final WorkerProperties properties;
  private final Clock clock;
  private final Set<ServerId> comparing = ConcurrentHashMap.newKeySet();
  private final Ticker ticker;

  FleetClock(@Qualifier("jobsDataSource") DataSource everyTenant, Drift drift, KeyRotation keys, WatchRing ring,
      WorkerProperties properties, Clock clock) {
    this.everyTenant = JdbcClient.create(everyTenant);
    this.drift = drift;
    this.keys = keys;
    this.ring = ring;
    this.properties = properties;
    this.clock = clock;
    this.ticker = new Ticker("fleet-clock", EVERY, this::tick, "Servers are not tended now");
  }

  private record Due(TenantId tenant, ServerId server) {}

  void tick() {
    for (var due : oldKeys()) {
      carefully(due, keys::requestIfDue);
    }
    for (var due : uncompared()) {
      if (ring.mine(due.server()) && comparing.add(due.server())) {
        Thread.ofVirtual().name("compare-" + due.server()).start(() -> {
          try {
            carefully(due, drift::compareIfDue);
          } finally {
            comparing.remove(due.server());
          }
        });
      }
    }
  }

  private static void carefully(Due due, Consumer<ServerId> work) {
    try {
      TenantContext.runAs(due.tenant(), () -> work.accept(due.server()));
    } catch (RuntimeException e) {
      LOG.warn("Server {} could not be tended: {}", due.server(), e.getMessage());
    }
  }

  private List<Due> oldKeys() {
    return due("select tenant_id, id from vps_server where status = 'READY' and key_since <= :before order by key_since"
        + " limit :limit", Timestamp.from(clock.instant().minus(keys.every())));
  }

  private List<Due> uncompared() {
    return due("""
        select tenant_id, id from vps_server
        where status in ('READY', 'MAINTENANCE') and health_layer is null and health_at <= now()
          and (drift_asked_at is null or drift_asked_at <= :before)
        order by drift_asked_at nulls first limit :limit
        """, Timestamp.from(clock.instant().minus(drift.every())));
  }

  private List<Due> due(String sql, Timestamp before) {
    return everyTenant.sql(sql).param("before", before).param("limit", PIECE)
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
