package io.chom.backups;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.IsoFields;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of a site's backups of one type in one place. Of each day, week, month and year the newest good one is
 * kept, for as many of them as there are backups of, as restic's forget and borg's prune do it. Without any of these numbers
 * every good one is kept, for as long as the days and the size allow.
 *
 * <p>Whatever the rules say, three never go: a pinned one, the last proven one, and the newest good one.
 *
 * @param last how many of the newest
 * @param days older ones go; null for any age
 * @param bytes the oldest go until the rest is no more than this; null for any size
 */
public record RetentionRules(int last, int daily, int weekly, int monthly, int yearly, @Nullable Integer days,
    @Nullable Long bytes) {

  /** A backup as the rules see it. */
  record Candidate(UUID id, Instant at, long bytes, boolean pinned, BackupProof proof) {
    boolean good() {
      return proof != BackupProof.BROKEN;
    }
  }

  /** Why one is kept. */
  public enum Why {
    LAST, DAILY, WEEKLY, MONTHLY, YEARLY, WITHIN_LIMITS, PINNED, LAST_PROVEN, NEWEST, NOTHING_BETTER
  }

  /** What is kept and why, and what goes, both newest first. */
  record Choice(Map<Candidate, Set<Why>> kept, List<Candidate> gone) {}

  /** These rules where a plan keeps backups for so many days at most. */
  RetentionRules within(int planDays) {
    return new RetentionRules(last, daily, weekly, monthly, yearly, days == null ? planDays : Math.min(days, planDays),
        bytes);
  }

  /**
   * Chooses.
   *
   * @param zone where a day begins and ends
   */
  Choice choose(List<Candidate> backups, Instant now, ZoneId zone) {
    var newestFirst = backups.stream()
        .sorted(Comparator.comparing(Candidate::at).thenComparing(Candidate::id).reversed())
        .toList();
    var good = newestFirst.stream().filter(Candidate::good).toList();
    var kept = new LinkedHashMap<Candidate, Set<Why>>();
    newestFirst.forEach(one -> kept.put(one, EnumSet.noneOf(Why.class)));
    byCount(good, zone, kept);
    forgetOlder(now, kept);
    guard(newestFirst, good, kept);
    forgetBeyond(kept);
    var gone = newestFirst.stream().filter(one -> kept(kept, one).isEmpty()).toList();
    gone.forEach(kept::remove);
    return new Choice(kept, gone);
  }

  private void byCount(List<Candidate> good, ZoneId zone, Map<Candidate, Set<Why>> kept) {
    if (last + daily + weekly + monthly + yearly == 0) {
      good.forEach(one -> kept(kept, one).add(Why.WITHIN_LIMITS));
      return;
    }
    good.stream().limit(last).forEach(one -> kept(kept, one).add(Why.LAST));
    newestOfEach(good, daily, one -> day(one, zone), Why.DAILY, kept);
    newestOfEach(good, weekly, one -> List.of(day(one, zone).get(IsoFields.WEEK_BASED_YEAR),
        day(one, zone).get(IsoFields.WEEK_OF_WEEK_BASED_YEAR)), Why.WEEKLY, kept);
    newestOfEach(good, monthly, one -> day(one, zone).withDayOfMonth(1), Why.MONTHLY, kept);
    newestOfEach(good, yearly, one -> day(one, zone).getYear(), Why.YEARLY, kept);
  }

  private static LocalDate day(Candidate one, ZoneId zone) {
    return LocalDate.ofInstant(one.at(), zone);
  }

  private static void newestOfEach(List<Candidate> newestFirst, int count, Function<Candidate, Object> period, Why why,
      Map<Candidate, Set<Why>> kept) {
    Object before = null;
    int found = 0;
    for (var one : newestFirst) {
      var now = period.apply(one);
      if (!now.equals(before)) {
        if (found == count) {
          return;
        }
        found++;
        kept(kept, one).add(why);
      }
      before = now;
    }
  }

  private void forgetOlder(Instant now, Map<Candidate, Set<Why>> kept) {
    if (days != null) {
      var oldest = now.minus(Duration.ofDays(days));
      kept.forEach((one, why) -> {
        if (one.at().isBefore(oldest)) {
          why.clear();
        }
      });
    }
  }

  private static void guard(List<Candidate> newestFirst, List<Candidate> good, Map<Candidate, Set<Why>> kept) {
    newestFirst.stream().filter(Candidate::pinned).forEach(one -> kept(kept, one).add(Why.PINNED));
    good.stream().filter(one -> one.proof() == BackupProof.PROVEN).findFirst()
        .ifPresent(one -> kept(kept, one).add(Why.LAST_PROVEN));
    good.stream().findFirst().ifPresent(one -> kept(kept, one).add(Why.NEWEST));
    // a broken one may still hold what no good one does
    newestFirst.stream().takeWhile(one -> !one.good()).forEach(one -> kept(kept, one).add(Why.NOTHING_BETTER));
  }

  private void forgetBeyond(Map<Candidate, Set<Why>> kept) {
    if (bytes == null) {
      return;
    }
    long sum = kept.entrySet().stream().filter(entry -> !entry.getValue().isEmpty())
        .mapToLong(entry -> entry.getKey().bytes()).sum();
    for (var one : new ArrayList<>(kept.keySet()).reversed()) {
      var why = kept(kept, one);
      if (sum > bytes && !why.isEmpty() && !guarded(why)) {
        sum -= one.bytes();
        why.clear();
      }
    }
  }

  private static boolean guarded(Set<Why> why) {
    return why.contains(Why.PINNED) || why.contains(Why.LAST_PROVEN) || why.contains(Why.NEWEST);
  }

  private static Set<Why> kept(Map<Candidate, Set<Why>> kept, Candidate one) {
    return Objects.requireNonNull(kept.get(one));
  }
}
