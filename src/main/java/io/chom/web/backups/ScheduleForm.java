package io.chom.web.backups;

import io.chom.backups.BackupType;
import io.chom.backups.ScheduleRefused;
import io.chom.backups.ScheduleWish;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What was typed to have a site backed up by itself: numbers as they were typed.
 *
 * @param target where the backups are to lie; empty for the tenant's default
 * @param exclude what is left out, one pattern in a line
 * @param gigabytes the most that the backups may need; empty for any size
 */
public record ScheduleForm(@Nullable String type, @Nullable String cron, @Nullable String zone, @Nullable String quiet,
    @Nullable Boolean catchUp, @Nullable String grace, @Nullable String prove, @Nullable String last,
    @Nullable String daily,
    @Nullable String weekly, @Nullable String monthly, @Nullable String yearly, @Nullable String days,
    @Nullable String gigabytes, @Nullable Boolean enabled, @Nullable String target, @Nullable String exclude) {
  private static final long GIGABYTE = 1024L * 1024 * 1024;

  /** An empty form, with what most people want. */
  static ScheduleForm usual(String zone) {
    return of(new ScheduleWish(BackupType.FULL, "30 2 * * *", zone, "", true, Duration.ofHours(1),
        ScheduleWish.PROVE_DAYS, ScheduleWish.Keep.USUAL), true);
  }

  static ScheduleForm of(ScheduleWish wish, boolean enabled) {
    var keep = wish.keep();
    var bytes = keep.bytes();
    var target = wish.target();
    return new ScheduleForm(wish.type().word(), wish.cron(), wish.zone(), wish.quiet(), wish.catchUp(),
        String.valueOf(wish.grace().toMinutes()), String.valueOf(wish.proveDays()), String.valueOf(keep.last()),
        String.valueOf(keep.daily()),
        String.valueOf(keep.weekly()), String.valueOf(keep.monthly()), String.valueOf(keep.yearly()),
        keep.days() == null ? "" : String.valueOf(keep.days()),
        bytes == null ? "" : String.valueOf((bytes + GIGABYTE - 1) / GIGABYTE), enabled,
        target == null ? "" : target.toString(), String.join("\n", wish.exclude()));
  }

  /** @throws ScheduleRefused what was typed cannot be a schedule */
  ScheduleWish toWish() {
    var most = number(gigabytes, "gigabytes", ScheduleRefused.Reason.KEEP_INVALID);
    var keep = new ScheduleWish.Keep(count(last, "last"), count(daily, "daily"), count(weekly, "weekly"),
        count(monthly, "monthly"), count(yearly, "yearly"), number(days, "days", ScheduleRefused.Reason.KEEP_INVALID),
        most == null ? null : most * GIGABYTE);
    var late = number(grace, "grace", ScheduleRefused.Reason.GRACE_INVALID);
    var proofs = number(prove, "prove", ScheduleRefused.Reason.PROVE_INVALID);
    return new ScheduleWish(BackupType.of(text(type), "type"), text(cron), text(zone), text(quiet),
        Boolean.TRUE.equals(catchUp), Duration.ofMinutes(late == null ? 0 : late),
        proofs == null ? 0 : proofs, keep, TargetChoices.chosen(target), lines(exclude));
  }

  boolean on() {
    return Boolean.TRUE.equals(enabled);
  }

  private static String text(@Nullable String typed) {
    return Objects.requireNonNullElse(typed, "").strip();
  }

  /** What is left out, as it was typed. */
  public static List<String> lines(@Nullable String typed) {
    return text(typed).lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
  }

  private static int count(@Nullable String typed, String field) {
    var number = number(typed, field, ScheduleRefused.Reason.KEEP_INVALID);
    return number == null ? 0 : number;
  }

  private static @Nullable Integer number(@Nullable String typed, String field, ScheduleRefused.Reason otherwise) {
    if (text(typed).isEmpty()) {
      return null;
    }
    try {
      return Integer.valueOf(text(typed));
    } catch (NumberFormatException e) {
      throw new ScheduleRefused(otherwise, field);
    }
  }
}
