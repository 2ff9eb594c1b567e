package io.chom.backups;

import io.chom.common.RequestRefused;

/** When backups are to be made cannot be done as it was asked. */
public class ScheduleRefused extends RequestRefused {
  /** Why, with a sentence that says what to do. */
  public enum Reason {
    /** Not five fields, or a field that cannot be read. */
    CRON_INVALID(
        "Write five fields: minute, hour, day of the month, month, day of the week, such as 30 2 * * * for half past two every night"),
    /** A date that does not exist. */
    NEVER_DUE("That day never comes; choose another day of the month or another month"),
    /** More often than backups can be made sensibly. */
    TOO_OFTEN("That is more often than every 15 minutes; choose fewer times"),
    /** Not in the tz database. */
    TIME_ZONE_UNKNOWN("There is no time zone of that name; write one such as Europe/Berlin, or UTC"),
    /** Not two different times of the day, or no time is left. */
    QUIET_HOURS_INVALID(
        "Quiet hours go from one time of the day to another one, there are at most five of them, and some time must be left"),
    /** Below zero or beyond all use. */
    KEEP_INVALID("Write numbers from 0 to 1000 for what is kept, at least one day, and a size above zero"),
    /** Less than five minutes or more than a day. */
    GRACE_INVALID("A run may be late by 5 minutes to 24 hours before somebody is told"),
    /** Less than none or more than a year. */
    PROVE_INVALID("Backups are proven every 1 to 365 days, or never: 0"),
    /** Not patterns the agent takes. */
    EXCLUDE_INVALID(
        "Leave out at most 50 patterns of 200 characters, relative to the site's home, such as shared/cache;"
            + " without \\ and not beginning with !"),
    /** One of each type. */
    SCHEDULE_EXISTS("This site has a schedule of that type; change that one");

    private final String advice;

    Reason(String advice) {
      this.advice = advice;
    }
  }

  private final Reason reason;

  public ScheduleRefused(Reason reason, String field) {
    super("schedule", reason, reason.advice, field);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
