package io.chom.backups;

import io.chom.common.Actor;
import io.chom.common.ChomException;
import io.chom.live.LiveEvents;
import io.chom.sites.KnownSites;
import io.chom.sites.SiteStatus;
import io.chom.sites.SiteTopics;
import io.chom.tenancy.TenantContext;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Starts what schedules expect, once, whichever nodes ask and however often. Runs are written down before they are due,
 * so that one that did not start is seen: then it is late, which is told once. Of several that are overdue together the
 * newest is started and the others are missed.
 */
@Service
public class BackupRuns {
  private static final Logger LOG = LoggerFactory.getLogger(BackupRuns.class);
  /** How far ahead runs are written down. */
  private static final Duration AHEAD = Duration.ofDays(2);
  /** After a downtime longer than this, runs before it are not even written down. */
  private static final Duration LOOKED_BACK = Duration.ofDays(400);
  private static final int AT_ONCE = 2000;

  private final ScheduleRows rows;
  private final KnownSites sites;
  private final Backups backups;
  private final LiveEvents live;
  private final MeterRegistry metrics;
  private final Clock clock;
  private final ApplicationEventPublisher events;
  private final TransactionTemplate transaction;

  BackupRuns(ScheduleRows rows, KnownSites sites, Backups backups, LiveEvents live, MeterRegistry metrics, Clock clock,
      ApplicationEventPublisher events, TransactionTemplate transaction) {
    this.rows = rows;
    this.sites = sites;
    this.backups = backups;
    this.live = live;
    this.metrics = metrics;
    this.clock = clock;
    this.events = events;
    this.transaction = transaction;
  }

  /**
   * Looks after one schedule of the current tenant: writes its next runs down, sorts out what is overdue, and starts what
   * is due. Call it outside a transaction, and again.
   *
   * @return the backup that was started, if one was
   */
  public Optional<BackupId> tend(ScheduleId schedule) {
    var due = transaction.execute(status -> rows.lock(schedule).map(this::sortOut).orElse(null));
    return due == null ? Optional.empty() : start(schedule, due);
  }

  /** Looks after every schedule of the current tenant that has a run that is due. Call it outside a transaction. */
  public List<BackupId> tendAll() {
    var due = transaction.execute(status -> rows.due(clock.instant()));
    return due == null ? List.of() : due.stream().flatMap(schedule -> tend(schedule).stream()).toList();
  }

  /** Plans ahead, and answers the run that is to be started. */
  private @Nullable UUID sortOut(ScheduleRows.Row schedule) {
    var now = clock.instant();
    if (!schedule.enabled()) {
      return null;
    }
    if (sites.find(schedule.site()).filter(site -> site.status() != SiteStatus.DELETED).isEmpty()) {
      // nothing is expected of a site that has gone; it may come back
      rows.unplan(schedule.id(), Instant.EPOCH);
      rows.plannedUntil(schedule.id(), now);
      return null;
    }
    plan(schedule, now);
    var overdue = rows.overdue(schedule.id(), now);
    if (overdue.isEmpty()) {
      return null;
    }
    var newest = overdue.getLast();
    overdue.subList(0, overdue.size() - 1).forEach(run -> miss(schedule, run, now));
    if (!now.isAfter(newest.startBy())) {
      return newest.id();
    }
    if (!schedule.wish().catchUp()) {
      miss(schedule, newest, now);
      return null;
    }
    tellLate(schedule, newest, now);
    return newest.id();
  }

  private void plan(ScheduleRows.Row schedule, Instant now) {
    var from = schedule.plannedUntil().isBefore(now.minus(LOOKED_BACK))
        ? now.minus(LOOKED_BACK)
        : schedule.plannedUntil();
    var times = schedule.times();
    var until = now.plus(AHEAD);
    var planned = from;
    int written = 0;
    for (var due = times.next(from); !due.isAfter(until) && written < AT_ONCE; due = times.next(due), written++) {
      rows.plan(schedule.id(), due, due.plus(schedule.wish().grace()));
      planned = due;
    }
    if (written < AT_ONCE && until.isAfter(planned)) {
      planned = until;
    }
    if (planned.isAfter(schedule.plannedUntil())) {
      rows.plannedUntil(schedule.id(), planned);
    }
  }

  private void miss(ScheduleRows.Row schedule, ScheduleRows.Planned run, Instant now) {
    rows.missed(run.id(), now);
    tellLate(schedule, run, now);
  }

  private void tellLate(ScheduleRows.Row schedule, ScheduleRows.Planned run, Instant now) {
    if (run.lateAt() != null) {
      return;
    }
    rows.late(run.id(), now);
    LOG.warn("The backup of site {} that was due at {} was not started in time", schedule.site(), run.dueAt());
    metrics.counter("chom.backup.runs.late").increment();
    events.publishEvent(new RunLate(TenantContext.current(), schedule.site(), schedule.wish().type(), run.dueAt()));
    live.changedAfterCommit(TenantContext.current(), BackupTopics.ALL, SiteTopics.site(schedule.site().value()));
  }

  private Optional<BackupId> start(ScheduleId schedule, UUID run) {
    try {
      return Optional.ofNullable(transaction.execute(status -> startNow(schedule, run)));
    } catch (ChomException e) {
      // it is tried again until the next one is due; who looks sees why
      transaction.executeWithoutResult(status -> rows.refused(run, e.code()));
      return Optional.empty();
    }
  }

  private @Nullable BackupId startNow(ScheduleId schedule, UUID run) {
    var row = rows.find(schedule).orElse(null);
    if (row == null) {
      return null;
    }
    // the site before the schedule, as everybody who changes one does
    sites.hold(row.site());
    var now = clock.instant();
    if (rows.lock(schedule).isEmpty() || rows.overdue(schedule, now).stream().noneMatch(one -> one.id().equals(run))) {
      return null;
    }
    var backup = backups.create(row.site(), row.wish().backup(), null, Actor.PANEL).backup();
    rows.started(run, backup, now);
    metrics.counter("chom.backup.runs.started").increment();
    return backup;
  }
}
