package io.chom.backups;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a person wants of a schedule.
 *
 * @param cron five fields as crontab(5) has them, or a name such as {@code @daily}
 * @param zone of the tz database
 * @param quiet parts of the day in which nothing begins, such as {@code 08:00-18:00,22:00-23:30}; may be empty
 * @param catchUp whether the newest of the runs that nobody started in time is started late
 * @param grace how late a run may start until somebody is told
 * @param proveDays a new backup is proven when nobody has looked at one for so many days; 0 for never
 * @param target where the backups are to lie; null for wherever the tenant's go
 * @param exclude what is left out, as restic names it, relative to the site's home
 */
public record ScheduleWish(BackupType type, String cron, String zone, String quiet, boolean catchUp, Duration grace,
    int proveDays, Keep keep, @Nullable TargetId target, List<String> exclude) {

  /** How often proofs are made where nobody says it. */
  public static final int PROVE_DAYS = 7;

  public ScheduleWish {
    exclude = List.copyOf(exclude);
  }

  /** Of everything, to wherever the tenant's backups go. */
  public ScheduleWish(BackupType type, String cron, String zone, String quiet, boolean catchUp, Duration grace,
      int proveDays, Keep keep) {
    this(type, cron, zone, quiet, catchUp, grace, proveDays, keep, null, List.of());
  }

  /** What is to be taken each time. */
  BackupWish backup() {
    return new BackupWish(type, target, exclude);
  }

  /**
   * What is kept: see {@link RetentionRules}.
   *
   * @param days null for any age
   * @param bytes null for any size
   */
  public record Keep(int last, int daily, int weekly, int monthly, int yearly, @Nullable Integer days,
      @Nullable Long bytes) {
    private static final int MOST = 1000;
    private static final int MOST_DAYS = 36_500;

    /** Seven days, four weeks and six months. */
    public static final Keep USUAL = new Keep(1, 7, 4, 6, 0, null, null);

    boolean possible() {
      return IntStream.of(last, daily, weekly, monthly, yearly).allMatch(n -> n >= 0 && n <= MOST)
          && (days == null || days >= 1 && days <= MOST_DAYS) && (bytes == null || bytes > 0);
    }

    RetentionRules rules() {
      return new RetentionRules(last, daily, weekly, monthly, yearly, days, bytes);
    }
  }
}
