package io.chom.backups;

import io.chom.audit.Audit;
import io.chom.backups.ScheduleRefused.Reason;
import io.chom.common.Actor;
import io.chom.live.LiveEvents;
import io.chom.sites.KnownSite;
import io.chom.sites.KnownSites;
import io.chom.sites.SiteId;
import io.chom.sites.SiteNotFound;
import io.chom.sites.SiteStatus;
import io.chom.sites.SiteTopics;
import io.chom.tenancy.TenantContext;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/** When the current tenant's sites are backed up by themselves. */
@Service
public class BackupSchedules {
  private static final Duration SHORTEST_GRACE = Duration.ofMinutes(5);
  private static final Duration LONGEST_GRACE = Duration.ofHours(24);
  /** Schedules for the same time begin within this. */
  private static final int SPREAD_SECONDS = 600;
  private static final int SHOWN = 5;
  private static final int MOST_PROVE_DAYS = 365;

  private final KnownSites sites;
  private final ScheduleRows rows;
  private final Repositories repositories;
  private final Audit audit;
  private final LiveEvents live;
  private final Clock clock;

  BackupSchedules(KnownSites sites, ScheduleRows rows, Repositories repositories, Audit audit, LiveEvents live,
      Clock clock) {
    this.sites = sites;
    this.rows = rows;
    this.repositories = repositories;
    this.audit = audit;
    this.live = live;
    this.clock = clock;
  }

  /** What a wish comes to. */
  public record Preview(Rhythm rhythm, List<Instant> upcoming) {}

  /**
   * The schedules of a site, by type.
   *
   * @throws SiteNotFound there is none by that id for this tenant
   */
  @Transactional(readOnly = true)
  public List<ScheduleView> of(SiteId site) {
    requireKnown(site);
    return rows.of(site).stream().map(this::view).toList();
  }

  /**
   * The runs of a site that were or are due in a time, oldest first. Those to come are written down for two days.
   *
   * @throws SiteNotFound there is none by that id for this tenant
   */
  @Transactional(readOnly = true)
  public List<RunView> runs(SiteId site, Instant from, Instant to) {
    requireKnown(site);
    return rows.runs(site, from, to);
  }

  /**
   * Says what a wish comes to, and keeps nothing.
   *
   * @throws ScheduleRefused it cannot be done
   */
  public Preview preview(ScheduleWish wish) {
    var times = require(wish, Duration.ZERO);
    return new Preview(Rhythm.of(Timetable.parse(wish.cron(), wish.zone())), times.next(clock.instant(), SHOWN));
  }

  /**
   * Lets a site be backed up by itself from now on.
   *
   * @throws SiteNotFound there is none by that id for this tenant
   * @throws ScheduleRefused it cannot be done, or the site has one of that type
   * @throws TargetNotFound the tenant may not use the target that is named
   * @throws TargetRefused that cannot be used now, or not for this site
   */
  @Transactional
  public ScheduleView create(SiteId id, ScheduleWish wish, boolean enabled, Actor actor) {
    var site = sites.hold(id);
    if (site.status() == SiteStatus.DELETED) {
      throw new SiteNotFound(id);
    }
    if (rows.of(id).stream().anyMatch(one -> one.wish().type() == wish.type())) {
      throw new ScheduleRefused(Reason.SCHEDULE_EXISTS, "type");
    }
    var schedule = ScheduleId.fresh();
    var offset = Duration.ofSeconds(Math.floorMod(schedule.value().hashCode(), SPREAD_SECONDS));
    require(wish, offset);
    var row = new ScheduleRows.Row(schedule, id, wish, offset, enabled, clock.instant());
    rows.insert(row, target(site, wish));
    changed(actor, "backup.schedule.create", site, wish);
    return view(row);
  }

  /**
   * Changes a schedule. What was due until now is not touched; what is due from now on follows the new wish.
   *
   * @throws SiteNotFound there is none by that id for this tenant
   * @throws ScheduleNotFound the site has none by that id
   * @throws ScheduleRefused it cannot be done, or the site has another one of that type
   * @throws TargetNotFound the tenant may not use the target that is named
   * @throws TargetRefused that cannot be used now, or not for this site
   */
  @Transactional
  public ScheduleView change(SiteId id, ScheduleId schedule, ScheduleWish wish, boolean enabled, Actor actor) {
    var site = sites.hold(id);
    var before = lock(id, schedule);
    if (rows.of(id).stream().anyMatch(one -> one.wish().type() == wish.type() && !one.id().equals(schedule))) {
      throw new ScheduleRefused(Reason.SCHEDULE_EXISTS, "type");
    }
    require(wish, before.offset());
    var now = clock.instant();
    // of one that is off nothing is expected, what is overdue included
    rows.unplan(schedule, enabled ? now : Instant.EPOCH);
    // off for a while: nothing was expected in that time
    var planned = before.enabled() && before.plannedUntil().isBefore(now) ? before.plannedUntil() : now;
    var row = new ScheduleRows.Row(schedule, id, wish, before.offset(), enabled, planned);
    rows.update(row, target(site, wish));
    changed(actor, enabled ? "backup.schedule.change" : "backup.schedule.stop", site, wish);
    return view(row);
  }

  /**
   * Ends a schedule. Its backups stay.
   *
   * @throws SiteNotFound there is none by that id for this tenant
   * @throws ScheduleNotFound the site has none by that id
   */
  @Transactional
  public void delete(SiteId id, ScheduleId schedule, Actor actor) {
    var site = sites.hold(id);
    var row = lock(id, schedule);
    rows.delete(schedule);
    changed(actor, "backup.schedule.delete", site, row.wish());
  }

  private @Nullable UUID target(KnownSite site, ScheduleWish wish) {
    return wish.target() == null ? null : repositories.usable(site, wish.target()).id();
  }

  private ScheduleView view(ScheduleRows.Row row) {
    var upcoming = row.enabled() ? row.times().next(clock.instant(), SHOWN) : List.<Instant>of();
    return new ScheduleView(row.id(), row.site(), row.wish(),
        Rhythm.of(Timetable.parse(row.wish().cron(), row.wish().zone())), row.enabled(),
        upcoming.stream().findFirst().orElse(null), upcoming);
  }

  private static DueTimes require(ScheduleWish wish, Duration offset) {
    if (!wish.keep().possible()) {
      throw new ScheduleRefused(Reason.KEEP_INVALID, "keep");
    }
    if (wish.grace().compareTo(SHORTEST_GRACE) < 0 || wish.grace().compareTo(LONGEST_GRACE) > 0) {
      throw new ScheduleRefused(Reason.GRACE_INVALID, "grace");
    }
    if (wish.proveDays() < 0 || wish.proveDays() > MOST_PROVE_DAYS) {
      throw new ScheduleRefused(Reason.PROVE_INVALID, "prove");
    }
    if (!BackupWish.possible(wish.exclude())) {
      throw new ScheduleRefused(Reason.EXCLUDE_INVALID, "exclude");
    }
    return new DueTimes(Timetable.parse(wish.cron(), wish.zone()), offset, QuietHours.parse(wish.quiet()));
  }

  private ScheduleRows.Row lock(SiteId site, ScheduleId schedule) {
    return rows.lock(schedule).filter(row -> row.site().equals(site))
        .orElseThrow(() -> new ScheduleNotFound(schedule));
  }

  private void requireKnown(SiteId site) {
    if (sites.find(site).isEmpty()) {
      throw new SiteNotFound(site);
    }
  }

  private void changed(Actor actor, String action, KnownSite site, ScheduleWish wish) {
    audit.record(actor, action, "site", site.id().value(), site.domain(),
        Map.of("type", wish.type().word(), "cron", wish.cron(), "zone", wish.zone()));
    live.changedAfterCommit(TenantContext.current(), BackupTopics.ALL, SiteTopics.site(site.id().value()));
  }
}
