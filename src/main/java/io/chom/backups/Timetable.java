package io.chom.backups;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.scheduling.support.CronExpression;

/**
 * A cron expression in a time zone, with the meaning of Vixie's cron (crontab(5)): five fields; where the days of the
 * month and of the week are both restricted, either of them is enough.
 *
 * <p>When clocks change, times at fixed hours are kept once: one that is skipped comes at the change, one that comes twice
 * is taken the first time. Expressions for every hour, or for every so many, follow time as it passes.
 */
final class Timetable {
  private static final Duration CLOSEST = Duration.ofMinutes(15);
  private static final int LONGEST = 120;
  private static final int HOUR = 1;
  private static final int DAY_OF_MONTH = 2;
  private static final int DAY_OF_WEEK = 4;
  private static final int FIELDS = 5;
  /** Twice a year for all the years in which the rarest of days comes once. */
  private static final int MOST_CHANGES = 100;
  private static final int LOOKED_AT = 200;
  private static final LocalDateTime SOME_DAY = LocalDateTime.of(2024, 1, 1, 0, 0);
  private static final Map<String, String> NAMED = Map.of("@HOURLY", "0 * * * *", "@DAILY", "0 0 * * *", "@MIDNIGHT",
      "0 0 * * *", "@WEEKLY", "0 0 * * 0", "@MONTHLY", "0 0 1 * *", "@YEARLY", "0 0 1 1 *", "@ANNUALLY", "0 0 1 1 *");

  private final List<String> fields;
  private final ZoneId zone;
  private final List<CronExpression> either;

  private Timetable(List<String> fields, ZoneId zone) {
    this.fields = fields;
    this.zone = zone;
    this.either = eitherDay(fields).map(each -> CronExpression.parse("0 " + String.join(" ", each))).toList();
  }

  /**
   * Reads what a person wrote: five fields, or a name such as {@code @daily}.
   *
   * @param zone an identifier of the tz database such as Europe/Berlin, or UTC
   * @throws ScheduleRefused the expression or the zone cannot be read, or it is never due, or too often
   */
  static Timetable parse(String cron, String zone) {
    if (!ZoneId.getAvailableZoneIds().contains(zone)) {
      throw new ScheduleRefused(ScheduleRefused.Reason.TIME_ZONE_UNKNOWN, "zone");
    }
    var written = cron.strip().toUpperCase(Locale.ROOT);
    var fields = List.of(NAMED.getOrDefault(written, written).split("\\s+"));
    if (cron.length() > LONGEST || fields.size() != FIELDS) {
      throw new ScheduleRefused(ScheduleRefused.Reason.CRON_INVALID, "cron");
    }
    Timetable timetable;
    try {
      timetable = new Timetable(fields, ZoneId.of(zone));
    } catch (IllegalArgumentException e) {
      throw new ScheduleRefused(ScheduleRefused.Reason.CRON_INVALID, "cron");
    }
    timetable.requireSensible();
    return timetable;
  }

  private static Stream<List<String>> eitherDay(List<String> fields) {
    if (any(fields.get(DAY_OF_MONTH)) || any(fields.get(DAY_OF_WEEK))) {
      return Stream.of(fields);
    }
    return Stream.of(with(fields, DAY_OF_WEEK, "*"), with(fields, DAY_OF_MONTH, "*"));
  }

  private static boolean any(String field) {
    return field.startsWith("*") || field.equals("?");
  }

  private static List<String> with(List<String> fields, int index, String field) {
    var others = new ArrayList<>(fields);
    others.set(index, field);
    return others;
  }

  private void requireSensible() {
    var last = nextOnTheWall(SOME_DAY);
    if (last == null) {
      throw new ScheduleRefused(ScheduleRefused.Reason.NEVER_DUE, "cron");
    }
    for (int looked = 0; looked < LOOKED_AT; looked++) {
      var next = nextOnTheWall(last);
      if (next == null) {
        return;
      }
      if (Duration.between(last, next).compareTo(CLOSEST) < 0) {
        throw new ScheduleRefused(ScheduleRefused.Reason.TOO_OFTEN, "cron");
      }
      last = next;
    }
  }

  ZoneId zone() {
    return zone;
  }

  /** Minute, hour, day of the month, month and day of the week, in capitals. */
  List<String> fields() {
    return fields;
  }

  /** The first time after this one. */
  Instant next(Instant after) {
    return Objects.requireNonNull(any(fields.get(HOUR)) ? asTimePasses(after) : onceADay(after));
  }

  private @Nullable Instant onceADay(Instant after) {
    var wall = LocalDateTime.ofInstant(after, zone);
    for (var next = nextOnTheWall(wall); next != null; next = nextOnTheWall(next)) {
      var change = zone.getRules().getTransition(next);
      var instant = change != null && change.isGap() ? change.getInstant() : next.atZone(zone).toInstant();
      // not so where the wall shows an hour for the second time
      if (instant.isAfter(after)) {
        return instant;
      }
    }
    return null;
  }

  /** Looks for it in each stretch between two changes of the clocks, where the wall and time go alike. */
  private @Nullable Instant asTimePasses(Instant after) {
    var rules = zone.getRules();
    var offset = rules.getOffset(after);
    var wall = LocalDateTime.ofInstant(after, offset);
    var change = rules.nextTransition(after);
    for (int changes = 0; changes < MOST_CHANGES; changes++) {
      var next = nextOnTheWall(wall);
      if (next == null) {
        return null;
      }
      if (change == null || next.toInstant(offset).isBefore(change.getInstant())) {
        return next.toInstant(offset);
      }
      offset = change.getOffsetAfter();
      // the very moment of the change counts too
      wall = change.getDateTimeAfter().minusSeconds(1);
      change = rules.nextTransition(change.getInstant());
    }
    return null;
  }

  private @Nullable LocalDateTime nextOnTheWall(LocalDateTime after) {
    return either.stream().map(one -> one.next(after)).filter(Objects::nonNull).min(Comparator.naturalOrder())
        .orElse(null);
  }
}
