package io.chom.jobs;

import io.chom.notifications.ChannelId;
import io.chom.notifications.Notifications;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.SmartLifecycle;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Has people told what happened, whosever it is. Every node ticks; each thing is told once on each channel. A channel that
 * is slow delays no other one.
 */
@Component
class NotificationClock implements SmartLifecycle {
  private static final Logger LOG = LoggerFactory.getLogger(NotificationClock.class);
  private static final Duration EVERY = Duration.ofSeconds(3);
  private static final Duration TIDY = Duration.ofHours(1);
  private static final Duration KEPT = Duration.ofDays(60);
  private static final int TENANTS = 200;
  private static final int CHANNELS = 200;
  private static final int CALLS = 16;

  private final JdbcClient everyTenant;
  private final Notifications notifications;
  private final WorkerProperties properties;
  private final Clock clock;
  private final Set<ChannelId> busy = ConcurrentHashMap.newKeySet();
  private final Semaphore calls = new Semaphore(CALLS);
  private final Ticker ticker;
  private final Ticker tidying;

  NotificationClock(@Qualifier("jobsDataSource") DataSource everyTenant, Notifications notifications,
      WorkerProperties properties, Clock clock) {
    this.everyTenant = JdbcClient.create(everyTenant);
    this.notifications = notifications;
    this.properties = properties;
    this.clock = clock;
    this.ticker = new Ticker("notifications", EVERY, this::tick, "Nobody is told anything for now");
    this.tidying = new Ticker("notifications-tidy", TIDY, this::tidy, "Old notifications stay for now");
  }

  private record Due(TenantId tenant, ChannelId channel) {}

  /** Hands out what happened and starts to tell it; answers who is at it. */
  List<Thread> tick() {
    var now = clock.instant();
    for (var tenant : tenants(now)) {
      try {
        boolean more = true;
        while (more) {
          more = TenantContext.callAs(tenant, notifications::handOut);
        }
      } catch (RuntimeException e) {
        // one tenant's trouble is not the others'
        LOG.warn("What happened at {} was not handed out: {}", tenant, e.getMessage());
      }
    }
    List<Thread> started = new ArrayList<>();
    for (var due : due(now)) {
      if (busy.add(due.channel())) {
        started.add(Thread.ofVirtual().name("notify-" + due.channel()).start(() -> deliver(due)));
      }
    }
    return started;
  }

  private void deliver(Due due) {
    try {
      calls.acquire();
      try {
        TenantContext.runAs(due.tenant(), () -> notifications.deliver(due.channel()));
      } finally {
        calls.release();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.warn("Channel {} was not served: {}", due.channel(), e.getMessage());
    } finally {
      busy.remove(due.channel());
    }
  }

  private void tidy() {
    for (var tenant : tenantsWithOld()) {
      while (TenantContext.callAs(tenant, notifications::forget)) {
        LOG.debug("More of {} is old", tenant);
      }
    }
  }

  /** Those where something happened that nobody was handed yet, or a digest is due. */
  private List<TenantId> tenants(Instant now) {
    return everyTenant.sql("""
        select tenant_id from notification where number is null
        union
        select tenant_id from notification_channel where enabled and digest_at <= :now
        limit :limit
        """).param("now", Timestamp.from(now)).param("limit", TENANTS)
        .query((row, n) -> new TenantId(row.getObject("tenant_id", UUID.class))).list();
  }

  private List<TenantId> tenantsWithOld() {
    return everyTenant.sql("select distinct tenant_id from notification where occurred_at < :before")
        .param("before", Timestamp.from(clock.instant().minus(KEPT)))
        .query((row, n) -> new TenantId(row.getObject("tenant_id", UUID.class))).list();
  }

  private List<Due> due(Instant now) {
    return everyTenant.sql("""
        select tenant_id, channel_id from notification_delivery
        where status = 'WAITING' and next_try_at <= :now and (lease_until is null or lease_until < now())
        group by tenant_id, channel_id order by min(next_try_at) limit :limit
        """).param("now", Timestamp.from(now)).param("limit", CHANNELS)
        .query((row, n) -> new Due(new TenantId(row.getObject("tenant_id", UUID.class)),
            new ChannelId(row.getObject("channel_id", UUID.class))))
        .list();
  }

  @Override
  public void start() {
    if (properties.enabled()) {
      ticker.start();
      tidying.start();
    }
  }

  @Override
  public void stop() {
    ticker.stop();
    tidying.stop();
  }

  @Override
  public boolean isRunning() { return ticker.isRunning(); }
}
