package io.chom.api;

import io.chom.accounts.Caller;
import io.chom.accounts.Permission;
import io.chom.accounts.Requires;
import io.chom.backups.BackupRetention;
import io.chom.backups.BackupSchedules;
import io.chom.backups.BackupType;
import io.chom.backups.RetentionRules;
import io.chom.backups.RunView;
import io.chom.backups.ScheduleId;
import io.chom.backups.ScheduleView;
import io.chom.backups.ScheduleWish;
import io.chom.backups.TargetId;
import io.chom.sites.SiteId;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** When one site is backed up by itself, what is kept of that, and which runs there were and will be. */
@Tag(name = "Backup schedules")
@RestController
@RequestMapping("/api/v1/sites/{site}")
class BackupSchedulesApi {
  private static final Duration WEEK = Duration.ofDays(7);
  private static final Duration LONGEST = Duration.ofDays(400);
  private static final int GRACE = 60;

  private final BackupSchedules schedules;
  private final BackupRetention retention;
  private final Clock clock;

  BackupSchedulesApi(BackupSchedules schedules, BackupRetention retention, Clock clock) {
    this.schedules = schedules;
    this.retention = retention;
    this.clock = clock;
  }

  /**
   * How many are kept of each. All zero or left away: every one, within the days and the size.
   *
   * @param days older ones go
   * @param bytes the oldest go until the rest is no more
   */
  record KeepBody(int last, int daily, int weekly, int monthly, int yearly, @Nullable Integer days,
      @Nullable Long bytes) {
    static KeepBody of(ScheduleWish.Keep keep) {
      return new KeepBody(keep.last(), keep.daily(), keep.weekly(), keep.monthly(), keep.yearly(), keep.days(),
          keep.bytes());
    }

    ScheduleWish.Keep keep() {
      return new ScheduleWish.Keep(last, daily, weekly, monthly, yearly, days, bytes);
    }
  }

  /**
   * A schedule as it is wanted.
   *
   * @param type {@code full}, {@code files} or {@code database}
   * @param cron five fields as crontab(5) has them, or such as {@code @daily}
   * @param zone of the tz database; left away, UTC
   * @param quiet parts of the day in which nothing begins, such as {@code 08:00-18:00,22:00-23:30}
   * @param catchUp whether the newest of the runs that were not started in time is started late; left away, it is
   * @param graceMinutes how late a run may start until somebody is told; left away, 60
   * @param proveDays a new backup is proven when nobody has looked at one for so many days; 0 for never, left away, 7
   * @param keep left away: the last one, 7 daily, 4 weekly and 6 monthly ones
   * @param enabled left away, it is
   * @param target where the backups are to lie; left away, in the tenant's default target
   * @param exclude what is left out, as restic names it, relative to the site's home, such as {@code shared/cache}
   */
  record NewSchedule(@NotNull @Size(max = 20) String type, @NotNull @Size(max = 120) String cron,
      @Nullable @Size(max = 64) String zone, @Nullable @Size(max = 120) String quiet, @Nullable Boolean catchUp,
      @Nullable Integer graceMinutes, @Nullable Integer proveDays, @Nullable KeepBody keep, @Nullable Boolean enabled,
      @Nullable UUID target, @Nullable @Size(max = 50) List<@NotNull String> exclude) {
    ScheduleWish wish() {
      return new ScheduleWish(BackupType.of(type, "type"), cron, Objects.requireNonNullElse(zone, "UTC"),
          Objects.requireNonNullElse(quiet, ""), !Boolean.FALSE.equals(catchUp),
          Duration.ofMinutes(Objects.requireNonNullElse(graceMinutes, GRACE)),
          Objects.requireNonNullElse(proveDays, ScheduleWish.PROVE_DAYS),
          keep == null ? ScheduleWish.Keep.USUAL : keep.keep(), target == null ? null : new TargetId(target),
          exclude == null ? List.of() : exclude);
    }

    boolean on() {
      return !Boolean.FALSE.equals(enabled);
    }
  }

  /** @param upcoming the next five times; empty while it is off */
  record ScheduleBody(UUID id, String type, String cron, String zone, String quiet, boolean catchUp, long graceMinutes,
      int proveDays, KeepBody keep, boolean enabled, @Nullable UUID target, List<String> exclude,
      List<Instant> upcoming) {
    static ScheduleBody of(ScheduleView view) {
      var wish = view.wish();
      var target = wish.target();
      return new ScheduleBody(view.id().value(), wish.type().word(), wish.cron(), wish.zone(), wish.quiet(),
          wish.catchUp(), wish.grace().toMinutes(), wish.proveDays(), KeepBody.of(wish.keep()), view.enabled(),
          target == null ? null : target.value(), wish.exclude(),
          view.upcoming());
    }
  }

  /** @param why it stays; empty where it goes */
  record FateBody(UUID backup, Instant at, long bytes, List<RetentionRules.Why> why) {}

  /** @param backups what there is of that type now, and what would become of it */
  record PreviewBody(List<Instant> upcoming, List<FateBody> backups) {}

  /**
   * A run that was expected, or is.
   *
   * @param status PLANNED, STARTED or MISSED
   * @param lateAt when it was seen that it had not started in time
   * @param refused why it could not be started when that was last tried
   * @param outcome of its backup
   */
  record RunBody(UUID id, UUID schedule, String type, Instant dueAt, String status, @Nullable Instant lateAt,
      @Nullable String refused, @Nullable Instant startedAt, @Nullable UUID backup, @Nullable String outcome,
      @Nullable String proof) {
    static RunBody of(RunView run) {
      var backup = run.backup();
      var outcome = run.outcome();
      var proof = run.proof();
      return new RunBody(run.id(), run.schedule().value(), run.type().word(), run.dueAt(), run.status().name(),
          run.lateAt(), run.refused(), run.startedAt(), backup == null ? null : backup.value(),
          outcome == null ? null : outcome.name(), proof == null ? null : proof.name());
    }
  }

  @Operation(summary = "List a site's backup schedules")
  @GetMapping("/backup-schedules")
  @Requires(Permission.BACKUPS_READ)
  List<ScheduleBody> list(@PathVariable UUID site) {
    return schedules.of(new SiteId(site)).stream().map(ScheduleBody::of).toList();
  }

  @Operation(summary = "Back a site up by itself", description = "One schedule for each type.")
  @PostMapping("/backup-schedules")
  @Requires(Permission.BACKUPS_SCHEDULE)
  ResponseEntity<ScheduleBody> create(@PathVariable UUID site, @RequestBody @Valid NewSchedule wanted, Caller caller) {
    var made = schedules.create(new SiteId(site), wanted.wish(), wanted.on(), caller.actor());
    return ResponseEntity.created(URI.create("/api/v1/sites/" + site + "/backup-schedules/" + made.id()))
        .body(ScheduleBody.of(made));
  }

  @Operation(summary = "What a schedule would come to", description = "The next five times, and which of the backups there are would go. Nothing is changed.")
  @PostMapping("/backup-schedules/preview")
  @Requires(Permission.BACKUPS_SCHEDULE)
  PreviewBody preview(@PathVariable UUID site, @RequestBody @Valid NewSchedule wanted) {
    var wish = wanted.wish();
    var upcoming = schedules.preview(wish).upcoming();
    var fates = retention.preview(new SiteId(site), wish.type(), wish.keep(), wish.zone());
    return new PreviewBody(upcoming, fates.stream().map(
        fate -> new FateBody(fate.backup().value(), fate.at(), fate.bytes(), fate.why().stream().sorted().toList()))
        .toList());
  }

  @Operation(summary = "Change a schedule", description = "What was due until now stays as it is; what is due from now on follows the new one.")
  @PutMapping("/backup-schedules/{id}")
  @Requires(Permission.BACKUPS_SCHEDULE)
  ScheduleBody change(@PathVariable UUID site, @PathVariable UUID id, @RequestBody @Valid NewSchedule wanted,
      Caller caller) {
    return ScheduleBody.of(schedules.change(new SiteId(site), new ScheduleId(id), wanted.wish(), wanted.on(),
        caller.actor()));
  }

  @Operation(summary = "End a schedule", description = "Its backups stay; its runs are forgotten.")
  @DeleteMapping("/backup-schedules/{id}")
  @Requires(Permission.BACKUPS_SCHEDULE)
  ResponseEntity<Void> delete(@PathVariable UUID site, @PathVariable UUID id, Caller caller) {
    schedules.delete(new SiteId(site), new ScheduleId(id), caller.actor());
    return ResponseEntity.noContent().build();
  }

  @Operation(summary = "Which backups were due, and which are", description = "From a week ago to the end of what is written down when nothing is said; 400 days at most.")
  @GetMapping("/backup-runs")
  @Requires(Permission.BACKUPS_READ)
  List<RunBody> runs(@PathVariable UUID site, @RequestParam @Nullable Instant from,
      @RequestParam @Nullable Instant to) {
    var since = from == null ? clock.instant().minus(WEEK) : from;
    var until = to == null ? clock.instant().plus(WEEK) : to;
    if (until.isBefore(since) || Duration.between(since, until).compareTo(LONGEST) > 0) {
      throw new BadRequest("PERIOD_INVALID", "to must come after from, by 400 days at most");
    }
    return schedules.runs(new SiteId(site), since, until).stream().map(RunBody::of).toList();
  }
}
