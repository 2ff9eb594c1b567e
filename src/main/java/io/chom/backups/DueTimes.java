package io.chom.backups;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;

/**
 * When a schedule's runs are due: its timetable, moved by a few minutes of its own so that not all of them begin together,
 * and out of the quiet hours to their end. Runs that meet there are one.
 */
final class DueTimes {
  private static final int MOST_QUIET = 5;
  private static final int MINUTES_A_DAY = 24 * 60;
  /** Nothing is moved further than this by quiet hours. */
  private static final Duration DAY = Duration.ofDays(2);

  private final Timetable timetable;
  private final Duration offset;
  private final List<QuietHours> quiet;

  /**
   * @param offset by how much every time of the timetable is moved
   * @throws ScheduleRefused the quiet hours leave no time, or are too many
   */
  DueTimes(Timetable timetable, Duration offset, List<QuietHours> quiet) {
    if (quiet.size() > MOST_QUIET || quiet.stream().anyMatch(one -> one.from().equals(one.to()))
        || !someTimeLeft(quiet)) {
      throw new ScheduleRefused(ScheduleRefused.Reason.QUIET_HOURS_INVALID, "quiet");
    }
    this.timetable = timetable;
    this.offset = offset;
    this.quiet = List.copyOf(quiet);
  }

  private static boolean someTimeLeft(List<QuietHours> quiet) {
    for (int minute = 0; minute < MINUTES_A_DAY; minute++) {
      var time = LocalTime.MIN.plusMinutes(minute);
      if (quiet.stream().noneMatch(one -> one.contain(time))) {
        return true;
      }
    }
    return false;
  }

  /** The first time after this one. */
  Instant next(Instant after) {
    // an earlier one may have been moved beyond it
    var wanted = timetable.next(after.minus(offset).minus(quiet.isEmpty() ? Duration.ZERO : DAY));
    while (true) {
      var due = outOfQuietHours(wanted.plus(offset));
      if (due.isAfter(after)) {
        return due;
      }
      wanted = timetable.next(wanted);
    }
  }

  /** The first so many after this one. */
  List<Instant> next(Instant after, int count) {
    var all = new ArrayList<Instant>(count);
    for (var due = after; all.size() < count;) {
      due = next(due);
      all.add(due);
    }
    return all;
  }

  private Instant outOfQuietHours(Instant wanted) {
    var moved = wanted.atZone(timetable.zone());
    // each step leaves one of them, and somewhere there is time left
    for (int steps = 0; steps <= 2 * MOST_QUIET; steps++) {
      var now = moved;
      var in = quiet.stream().filter(one -> one.contain(now.toLocalTime())).findFirst();
      if (in.isEmpty()) {
        break;
      }
      moved = endOf(in.get(), now);
    }
    return moved.toInstant();
  }

  private static ZonedDateTime endOf(QuietHours hours, ZonedDateTime now) {
    var day = now.toLocalTime().isBefore(hours.to()) ? now.toLocalDate() : now.toLocalDate().plusDays(1);
    var end = day.atTime(hours.to()).atZone(now.getZone());
    // where clocks go back an end comes twice: the one that is still to come
    return end.isAfter(now) ? end : end.withLaterOffsetAtOverlap();
  }
}
