package io.chom.backups;

import java.time.LocalTime;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/** A part of each day in which nothing is begun, on the clock of the timetable; may go beyond midnight. */
record QuietHours(LocalTime from, LocalTime to) {
  private static final Pattern WRITTEN = Pattern.compile("([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]");
  private static final int TIME = 5;

  /**
   * Reads a list such as {@code 08:00-18:00,22:00-23:30}.
   *
   * @throws ScheduleRefused one of them cannot be read
   */
  static List<QuietHours> parse(String written) {
    var text = written.replaceAll("\\s", "");
    return text.isEmpty() ? List.of() : Arrays.stream(text.split(",", -1)).map(QuietHours::one).toList();
  }

  private static QuietHours one(String written) {
    if (!WRITTEN.matcher(written).matches()) {
      throw new ScheduleRefused(ScheduleRefused.Reason.QUIET_HOURS_INVALID, "quiet");
    }
    return new QuietHours(LocalTime.parse(written.substring(0, TIME)), LocalTime.parse(written.substring(TIME + 1)));
  }

  /** Whether this time of the day is in it; its end is not. */
  boolean contain(LocalTime time) {
    return from.isBefore(to)
        ? !time.isBefore(from) && time.isBefore(to)
        : !time.isBefore(from) || time.isBefore(to);
  }
}
