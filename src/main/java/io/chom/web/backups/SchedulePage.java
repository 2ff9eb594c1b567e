package io.chom.web.backups;

import io.chom.web.support.Badge;
import io.chom.web.support.Choice;
import io.chom.web.support.Faults;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * When a site is backed up by itself, and how that went.
 *
 * @param here this page
 * @param mayChange whether this reader may
 * @param action where the form goes
 * @param editing whether the form changes one that there is
 * @param zones those that can be chosen
 * @param days the last weeks and the next two days, oldest first
 * @param targets where backups can go; empty where there is no choice
 * @param topic upon which the days are read again
 */
public record SchedulePage(String domain, String siteHref, String here, boolean mayChange, List<Line> schedules,
    ScheduleForm form, Faults faults, String action, boolean editing, List<Choice> types, List<String> zones,
    @Nullable Preview preview, List<Day> days, String topic, List<Choice> targets) {

  /**
   * One schedule.
   *
   * @param when the sentence for its times
   * @param keeps the sentence for what is kept
   * @param next when the next run is due; null while it is off
   */
  public record Line(String type, String when, String keeps, @Nullable String next, Badge state, String editHref,
      String removeHref) {}

  /**
   * What a form would come to.
   *
   * @param upcoming the next times, on the clock of the schedule's zone
   * @param goes how much of what there is would go; null where nothing would
   */
  public record Preview(String when, List<String> upcoming, @Nullable String goes) {}

  /** One day on the calendar. */
  public record Day(String date, String number, boolean today, List<Mark> marks) {}

  /** @param text what became of a run, for whoever points at it or hears it */
  public record Mark(String tone, String text) {}
}
