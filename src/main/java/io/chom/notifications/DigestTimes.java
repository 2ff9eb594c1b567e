package io.chom.notifications;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;

/** When a day's digest is due: at one hour of each day of a place, once, also on the days on which clocks are put. */
final class DigestTimes {
  private DigestTimes() {}

  /** The next time after this one. An hour that is left out that day is the one after it. */
  static Instant next(Instant after, ZoneId zone, int hour) {
    var day = after.atZone(zone).toLocalDate();
    // the day before as well: where a zone moves across a midnight, its time may still be to come
    for (var date = day.minusDays(1);; date = date.plusDays(1)) {
      var at = ZonedDateTime.of(date, java.time.LocalTime.of(hour, 0), zone).toInstant();
      if (at.isAfter(after)) {
        return at;
      }
    }
  }
}
