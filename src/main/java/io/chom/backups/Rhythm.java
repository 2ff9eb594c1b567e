package io.chom.backups;

import java.time.DayOfWeek;
import java.time.LocalTime;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a timetable comes to, for a sentence a person reads.
 *
 * @param kind the form of the sentence
 * @param time of the day; of an hourly one only the minutes count
 * @param every how many hours or minutes are between two, 0 where that is not how it goes
 * @param days the days of the week, by the week's order; empty for all
 * @param dayOfMonth 0 for any
 */
public record Rhythm(Kind kind, LocalTime time, int every, Set<DayOfWeek> days, int dayOfMonth) {
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,2}");
  private static final Pattern STEP = Pattern.compile("\\*/([0-9]{1,2})");
  private static final Pattern DAY = Pattern.compile("[0-7]|SUN|MON|TUE|WED|THU|FRI|SAT");
  private static final List<String> DAYS = List.of("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT");

  /** The forms for which there is a sentence. */
  public enum Kind {
    DAILY, WEEKLY, MONTHLY, HOURLY, EVERY_HOURS, EVERY_MINUTES,
    /** None of them: only the next times say it. */
    OTHER
  }

  /** Finds the sentence for a timetable. */
  static Rhythm of(Timetable timetable) {
    var fields = timetable.fields();
    var minute = number(fields.get(0));
    var hour = number(fields.get(1));
    var day = number(fields.get(2));
    var days = days(fields.get(4));
    var anyDay = fields.get(2).equals("*") && fields.get(4).equals("*");
    if (!fields.get(3).equals("*")) {
      return other();
    }
    if (minute != null && hour != null) {
      var time = LocalTime.of(hour, minute);
      if (anyDay) {
        return new Rhythm(Kind.DAILY, time, 0, Set.of(), 0);
      }
      if (fields.get(2).equals("*") && days != null) {
        return new Rhythm(Kind.WEEKLY, time, 0, days, 0);
      }
      return day != null && fields.get(4).equals("*") ? new Rhythm(Kind.MONTHLY, time, 0, Set.of(), day) : other();
    }
    return anyDay ? oftenADay(fields, minute) : other();
  }

  private static Rhythm oftenADay(List<String> fields, @Nullable Integer minute) {
    if (minute != null && fields.get(1).equals("*")) {
      return new Rhythm(Kind.HOURLY, LocalTime.of(0, minute), 0, Set.of(), 0);
    }
    int hours = step(fields.get(1));
    if (minute != null && hours > 0 && 24 % hours == 0) {
      return new Rhythm(Kind.EVERY_HOURS, LocalTime.of(0, minute), hours, Set.of(), 0);
    }
    int minutes = step(fields.get(0));
    return minutes > 0 && 60 % minutes == 0 && fields.get(1).equals("*")
        ? new Rhythm(Kind.EVERY_MINUTES, LocalTime.MIN, minutes, Set.of(), 0)
        : other();
  }

  private static Rhythm other() {
    return new Rhythm(Kind.OTHER, LocalTime.MIN, 0, Set.of(), 0);
  }

  private static @Nullable Integer number(String field) {
    return NUMBER.matcher(field).matches() ? Integer.valueOf(field) : null;
  }

  private static int step(String field) {
    var step = STEP.matcher(field);
    return step.matches() ? Integer.parseInt(step.group(1)) : 0;
  }

  /** Lists and ranges of days; null for anything else. */
  private static @Nullable Set<DayOfWeek> days(String field) {
    var days = EnumSet.noneOf(DayOfWeek.class);
    for (var part : field.split(",", -1)) {
      var ends = part.split("-", -1);
      if (ends.length > 2 || !DAY.matcher(ends[0]).matches() || !DAY.matcher(ends[ends.length - 1]).matches()) {
        return null;
      }
      int first = day(ends[0]);
      int last = day(ends[ends.length - 1]);
      // a range may end with the Sunday that the numbers begin with
      IntStream.rangeClosed(first, last < first ? last + 7 : last).mapToObj(n -> DayOfWeek.of((n + 6) % 7 + 1))
          .forEach(days::add);
    }
    return days.isEmpty() ? null : days;
  }

  private static int day(String word) {
    return DAYS.contains(word) ? DAYS.indexOf(word) : Integer.parseInt(word);
  }
}
