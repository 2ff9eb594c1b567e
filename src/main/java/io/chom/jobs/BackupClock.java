package io.chom.jobs;

import io.chom.backups.BackupRuns;
import io.chom.backups.ScheduleId;
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
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.SmartLifecycle;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Starts the backups that schedules expect, whosever they are. Every node ticks; each run is started once. */
@Component
class BackupClock implements SmartLifecycle {
  private static final Logger LOG = LoggerFactory.getLogger(BackupClock.class);
  private static final Duration EVERY = Duration.ofSeconds(30);
  /** Runs are written down for two days: often enough that there is always more than one day of them. */
  private static final Duration WRITTEN_AHEAD = Duration.ofHours(36);
  private static final int PIECE = 500;
  private static final UUID NONE = new UUID(0, 0);

  private final JdbcClient everyTenant;
  private final BackupRuns runs;
  private final WorkerProperties properties;
  private final Clock clock;
  private final int piece;
  private final Ticker ticker;

  @Autowired
  BackupClock(@Qualifier("jobsDataSource") DataSource everyTenant, BackupRuns runs, WorkerProperties properties,
      Clock clock) {
    this(everyTenant, runs, properties, clock, PIECE);
  }

  /** @param piece how many schedules are read at once */
  BackupClock(DataSource everyTenant, BackupRuns runs, WorkerProperties properties, Clock clock, int piece) {
    this.everyTenant = JdbcClient.create(everyTenant);
    this.runs = runs;
    this.properties = properties;
    this.clock = clock;
    this.piece = piece;
    this.ticker = new Ticker("backups", EVERY, this::tick, "Scheduled backups are not started for now");
  }

  private record Schedule(TenantId tenant, ScheduleId id) {}

  /** Starts what is due, and answers how many backups that was. */
  int tick() {
    int started = 0;
    // through all of them: those that cannot start must not stand before those that can
    for (var some = waiting(NONE); !some.isEmpty(); some = waiting(some.getLast().id().value())) {
      started += tend(some);
    }
    return started;
  }

  private int tend(List<Schedule> schedules) {
    int started = 0;
    for (var schedule : schedules) {
      try {
        if (TenantContext.callAs(schedule.tenant(), () -> runs.tend(schedule.id())).isPresent()) {
          started++;
        }
      } catch (RuntimeException e) {
        // one that cannot be looked after keeps no other one
        LOG.warn("The schedule {} was not looked after: {}", schedule.id(), e.getMessage());
      }
    }
    return started;
  }

  /** Those with a run that is due or whose next runs are to be written down, after this one. */
  private List<Schedule> waiting(UUID after) {
    var now = clock.instant();
    return everyTenant.sql("""
        select s.tenant_id, s.id from backup_schedule s
        where s.enabled and s.id > :after and (s.planned_until < :ahead
          or s.id in (select schedule_id from backup_run where status = 'PLANNED' and due_at <= :now))
        order by s.id limit :limit
        """).param("now", Timestamp.from(now)).param("ahead", Timestamp.from(now.plus(WRITTEN_AHEAD)))
        .param("after", after).param("limit", piece)
        .query((row, n) -> new Schedule(new TenantId(row.getObject("tenant_id", UUID.class)),
            new ScheduleId(row.getObject("id", UUID.class))))
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
