package io.chom.web.backups;

import io.chom.accounts.Caller;
import io.chom.accounts.Permission;
import io.chom.backups.BackupProof;
import io.chom.backups.BackupRetention;
import io.chom.backups.BackupSchedules;
import io.chom.backups.BackupStatus;
import io.chom.backups.BackupType;
import io.chom.backups.Rhythm;
import io.chom.backups.RunView;
import io.chom.backups.ScheduleId;
import io.chom.backups.ScheduleRefused;
import io.chom.backups.ScheduleView;
import io.chom.backups.ScheduleWish;
import io.chom.backups.Targets;
import io.chom.common.RequestRefused;
import io.chom.sites.SiteTopics;
import io.chom.sites.SiteView;
import io.chom.web.support.Badge;
import io.chom.web.support.Choice;
import io.chom.web.support.Faults;
import io.chom.web.support.Words;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.FormatStyle;
import java.time.format.TextStyle;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Assembles the page of a site's schedules. */
@Component
class SchedulePages {
  private static final int DAYS_BACK = 26;
  private static final int DAYS_AHEAD = 1;
  private static final String UTC = "UTC";
  private static final List<String> ZONES = ZoneId.getAvailableZoneIds().stream()
      .filter(zone -> zone.matches("(Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)/.*|UTC"))
      .sorted().toList();

  private final BackupSchedules schedules;
  private final BackupRetention retention;
  private final Targets targets;
  private final Clock clock;

  SchedulePages(BackupSchedules schedules, BackupRetention retention, Targets targets, Clock clock) {
    this.schedules = schedules;
    this.retention = retention;
    this.targets = targets;
    this.clock = clock;
  }

  /**
   * @param editing the schedule that the form changes; null for one more
   * @param form what was typed; null for what is stored, or what is usual
   */
  SchedulePage page(SiteView site, @Nullable ScheduleId editing, @Nullable ScheduleForm form, Faults faults,
      Caller caller, Words words) {
    String here = "/sites/" + site.id() + "/schedules";
    var all = schedules.of(site.id());
    var edited = all.stream().filter(one -> one.id().equals(editing)).findFirst().orElse(null);
    var zone = all.stream().map(one -> one.wish().zone()).findFirst().orElse(UTC);
    var shown = form != null
        ? form
        : edited != null ? ScheduleForm.of(edited.wish(), edited.enabled()) : ScheduleForm.usual(zone);
    return new SchedulePage(site.domain().toString(), "/sites/" + site.id() + "#backups", here,
        caller.can(Permission.BACKUPS_SCHEDULE), all.stream().map(one -> line(one, here, words)).toList(), shown,
        faults, edited == null ? here : here + "/" + edited.id(), edited != null, types(shown, words), ZONES,
        faults.none() ? preview(site, shown, words) : null, days(site, ZoneId.of(zone), words),
        SiteTopics.site(site.id().value()), TargetChoices.of(targets.options(), shown.target(), words));
  }

  /** Empty where the form cannot be a schedule yet. */
  SchedulePage.@Nullable Preview preview(SiteView site, ScheduleForm form, Words words) {
    try {
      return preview(site, form.toWish(), words);
    } catch (RequestRefused _) {
      return null;
    }
  }

  /** @throws ScheduleRefused it cannot be done */
  SchedulePage.Preview preview(SiteView site, ScheduleWish wish, Words words) {
    var preview = schedules.preview(wish);
    var going = retention.preview(site.id(), wish.type(), wish.keep(), wish.zone()).stream()
        .filter(fate -> !fate.stays())
        .toList();
    long bytes = going.stream().mapToLong(BackupRetention.Fate::bytes).sum();
    return new SchedulePage.Preview(when(preview.rhythm(), wish, words),
        preview.upcoming().stream().map(at -> onTheClock(at, wish.zone(), words)).toList(),
        going.isEmpty() ? null : words.say("schedule.goes", going.size(), words.bytes(bytes)));
  }

  private static SchedulePage.Line line(ScheduleView view, String here, Words words) {
    var wish = view.wish();
    var next = view.next();
    return new SchedulePage.Line(words.say("backup.type." + wish.type()), when(view.rhythm(), wish, words),
        keeps(wish.keep(), words), next == null ? null : onTheClock(next, wish.zone(), words),
        view.enabled() ? new Badge("ok", words.say("schedule.on")) : new Badge("quiet", words.say("schedule.off")),
        here + "?edit=" + view.id(), here + "/" + view.id() + "/remove");
  }

  private static String when(Rhythm rhythm, ScheduleWish wish, Words words) {
    var zone = wish.zone().equals(UTC) ? UTC : words.say("schedule.zone", city(wish.zone()));
    var time = time(rhythm.time(), words);
    return switch (rhythm.kind()) {
      case DAILY -> words.say("schedule.daily", time, zone);
      case WEEKLY -> words.say("schedule.weekly", rhythm.days().stream().sorted()
          .map(day -> day.getDisplayName(TextStyle.FULL, words.locale())).collect(Collectors.joining(", ")), time,
          zone);
      case MONTHLY -> words.say("schedule.monthly", rhythm.dayOfMonth(), time, zone);
      case HOURLY -> words.say("schedule.hourly", rhythm.time().getMinute());
      case EVERY_HOURS -> words.say("schedule.every-hours", rhythm.every(), rhythm.time().getMinute(), zone);
      case EVERY_MINUTES -> words.say("schedule.every-minutes", rhythm.every());
      case OTHER -> words.say("schedule.other", wish.cron(), zone);
    };
  }

  private static String city(String zone) {
    return zone.substring(zone.lastIndexOf('/') + 1).replace('_', ' ');
  }

  private static String keeps(ScheduleWish.Keep keep, Words words) {
    var parts = Stream.of(part("last", keep.last(), words), part("daily", keep.daily(), words),
        part("weekly", keep.weekly(), words), part("monthly", keep.monthly(), words),
        part("yearly", keep.yearly(), words)).filter(part -> !part.isEmpty()).toList();
    var counts = parts.isEmpty() ? words.say("schedule.keeps.all") : String.join(", ", parts);
    var days = keep.days();
    var bytes = keep.bytes();
    return words.say("schedule.keeps", counts) + (days == null ? "" : words.say("schedule.keeps.days", days))
        + (bytes == null ? "" : words.say("schedule.keeps.bytes", words.bytes(bytes)));
  }

  private static String part(String what, int count, Words words) {
    return count == 0 ? "" : words.say("schedule.keeps." + what, count);
  }

  private static String time(LocalTime time, Words words) {
    return DateTimeFormatter.ofPattern("HH:mm", words.locale()).format(time);
  }

  private static String onTheClock(Instant at, String zone, Words words) {
    return DateTimeFormatter.ofPattern("EEE, ", words.locale()).withZone(ZoneId.of(zone)).format(at)
        + DateTimeFormatter.ofLocalizedDateTime(FormatStyle.MEDIUM, FormatStyle.SHORT).withLocale(words.locale())
            .withZone(ZoneId.of(zone)).format(at);
  }

  private static List<Choice> types(ScheduleForm form, Words words) {
    return Arrays.stream(BackupType.values()).map(
        type -> new Choice(type.word(), words.say("backup.type." + type), type.word().equals(form.type()))).toList();
  }

  /** The last four weeks, as a wall calendar of the first schedule's place has them. */
  private List<SchedulePage.Day> days(SiteView site, ZoneId zone, Words words) {
    var today = LocalDate.ofInstant(clock.instant(), zone);
    var first = today.minusDays(DAYS_BACK);
    var runs = schedules.runs(site.id(), first.atStartOfDay(zone).toInstant(),
        today.plusDays(DAYS_AHEAD + 1).atStartOfDay(zone).toInstant()).stream()
        .collect(Collectors.groupingBy(run -> LocalDate.ofInstant(run.dueAt(), zone)));
    return first.datesUntil(today.plusDays(DAYS_AHEAD + 1)).map(day -> new SchedulePage.Day(
        DateTimeFormatter.ofLocalizedDate(FormatStyle.FULL).withLocale(words.locale()).format(day),
        String.valueOf(day.getDayOfMonth()), day.equals(today),
        runs.getOrDefault(day, List.of()).stream().map(run -> mark(run, zone, words)).toList())).toList();
  }

  private static SchedulePage.Mark mark(RunView run, ZoneId zone, Words words) {
    var at = time(LocalTime.ofInstant(run.dueAt(), zone), words);
    var kind = kind(run);
    var text = words.say("schedule.run." + kind, at, words.say("backup.type." + run.type()));
    var refused = run.refused();
    return new SchedulePage.Mark(tone(kind), refused == null || run.status() == RunView.Status.STARTED
        ? text
        : text + " " + words.sayOr("backup.refused." + refused.toLowerCase(Locale.ROOT).replace('_', '-'), refused));
  }

  private static String kind(RunView run) {
    return switch (run.status()) {
      case PLANNED -> run.lateAt() == null ? "planned" : "late";
      case MISSED -> "missed";
      case STARTED -> {
        if (run.outcome() == BackupStatus.FAILED) {
          yield "failed";
        } else if (run.outcome() == BackupStatus.RUNNING) {
          yield "running";
        } else if (run.outcome() == BackupStatus.EXPIRED) {
          yield "removed";
        }
        yield run.proof() == BackupProof.PROVEN ? "proven" : run.proof() == BackupProof.BROKEN ? "broken" : "made";
      }
    };
  }

  private static String tone(String kind) {
    return switch (kind) {
      case "proven" -> "ok";
      case "made", "running" -> "busy";
      case "late" -> "warn";
      case "missed", "failed", "broken" -> "bad";
      default -> "quiet";
    };
  }
}
