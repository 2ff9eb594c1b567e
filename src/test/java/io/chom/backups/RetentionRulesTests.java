package io.chom.backups;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.backups.RetentionRules.Candidate;
import io.chom.backups.RetentionRules.Why;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.WeekFields;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** What is kept, held against rules written down once more in another way: one backup at a time. */
class RetentionRulesTests {
  private static final ZoneId ZONE = ZoneId.of("Europe/Berlin");
  private static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");

  private static Candidate backup(Duration age, BackupProof proof) {
    return new Candidate(UUID.randomUUID(), NOW.minus(age), 100, false, proof);
  }

  private static Candidate daysOld(int days) {
    return backup(Duration.ofDays(days), BackupProof.UNPROVEN);
  }

  private static List<Candidate> random(Random random) {
    var all = new ArrayList<Candidate>();
    int count = random.nextInt(120);
    for (int i = 0; i < count; i++) {
      var age = Duration.ofMinutes((long) (Math.pow(random.nextDouble(), 3) * 3 * 365 * 24 * 60));
      all.add(new Candidate(new UUID(random.nextLong(), random.nextLong()), NOW.minus(age), random.nextInt(1000),
          random.nextInt(20) == 0, BackupProof.values()[random.nextInt(3)]));
    }
    return all;
  }

  /** One backup, and whether it stays, by the words of the documentation; sizes are looked at by the caller. */
  private static boolean stays(Candidate one, List<Candidate> all, RetentionRules rules) {
    var newerGood = all.stream().filter(Candidate::good).filter(other -> newer(other, one)).toList();
    if (one.pinned() || (!one.good() && newerGood.isEmpty())) {
      return true;
    }
    if (!one.good()) {
      return false;
    }
    if (newerGood.isEmpty() || one.proof() == BackupProof.PROVEN
        && newerGood.stream().noneMatch(other -> other.proof() == BackupProof.PROVEN)) {
      return true;
    }
    if (rules.days() != null && Duration.between(one.at(), NOW).compareTo(Duration.ofDays(rules.days())) > 0) {
      return false;
    }
    if (rules.last() == 0 && rules.daily() == 0 && rules.weekly() == 0 && rules.monthly() == 0 && rules.yearly() == 0) {
      return true;
    }
    return newerGood.size() < rules.last() || newestOf(LocalDate::toString, one, newerGood, rules.daily())
        || newestOf(
            day -> day.get(WeekFields.ISO.weekBasedYear()) + "/" + day.get(WeekFields.ISO.weekOfWeekBasedYear()),
            one, newerGood, rules.weekly())
        || newestOf(day -> day.getYear() + "-" + day.getMonth(), one, newerGood, rules.monthly())
        || newestOf(day -> String.valueOf(day.getYear()), one, newerGood, rules.yearly());
  }

  private static boolean newer(Candidate other, Candidate one) {
    return other.at().isAfter(one.at()) || other.at().equals(one.at()) && other.id().compareTo(one.id()) > 0;
  }

  private static boolean newestOf(Function<LocalDate, String> period, Candidate one, List<Candidate> newer, int count) {
    Function<Candidate, String> of = candidate -> period.apply(candidate.at().atZone(ZONE).toLocalDate());
    var periods = new HashSet<>(newer.stream().map(of).toList());
    return !periods.contains(of.apply(one)) && periods.size() < count;
  }

  private static @Nullable Integer maybe(Random random, int most) {
    return random.nextBoolean() ? null : 1 + random.nextInt(most);
  }

  @RepeatedTest(200)
  void exactlyWhatTheRulesSayStays(RepetitionInfo round) {
    var random = new Random(round.getCurrentRepetition());
    var backups = random(random);
    boolean none = random.nextInt(8) == 0;
    var rules = new RetentionRules(none ? 0 : random.nextInt(4), none ? 0 : random.nextInt(10),
        none ? 0 : random.nextInt(6), none ? 0 : random.nextInt(14), none ? 0 : random.nextInt(3), maybe(random, 900),
        null);
    var choice = rules.choose(backups, NOW, ZONE);
    assertThat(choice.kept().keySet())
        .containsExactlyInAnyOrderElementsOf(backups.stream().filter(one -> stays(one, backups, rules)).toList());
    assertThat(choice.gone()).hasSize(backups.size() - choice.kept().size())
        .noneMatch(choice.kept()::containsKey);
    assertThat(choice.kept().values()).noneMatch(Set::isEmpty);
    var shuffled = new ArrayList<>(backups);
    Collections.shuffle(shuffled, random);
    assertThat(rules.choose(shuffled, NOW, ZONE)).as("whatever the order").isEqualTo(choice);
    assertThat(rules.choose(List.copyOf(choice.kept().keySet()), NOW, ZONE).gone()).as("asked again").isEmpty();
  }

  @RepeatedTest(100)
  void theOldestGoUntilTheRestIsSmallEnough(RepetitionInfo round) {
    var random = new Random(round.getCurrentRepetition());
    var backups = random(random);
    var any = new RetentionRules(0, 0, 0, 0, 0, null, null).choose(backups, NOW, ZONE);
    var small = new RetentionRules(0, 0, 0, 0, 0, null, 10_000L).choose(backups, NOW, ZONE);
    var stay = small.kept().keySet();
    long size = stay.stream().mapToLong(Candidate::bytes).sum();
    var free = any.kept().entrySet().stream()
        .filter(entry -> Collections.disjoint(entry.getValue(), Set.of(Why.PINNED, Why.LAST_PROVEN, Why.NEWEST)))
        .map(java.util.Map.Entry::getKey).toList();
    assertThat(size <= 10_000 || stay.stream().noneMatch(free::contains)).isTrue();
    assertThat(any.kept().keySet()).containsAll(stay);
    // the newest of those that went would not have fitted
    free.stream().filter(one -> !stay.contains(one)).findFirst()
        .ifPresent(one -> assertThat(size + one.bytes()).isGreaterThan(10_000));
    assertThat(stay.stream().filter(free::contains).toList()).as("no older one stays instead")
        .isEqualTo(free.subList(0, (int) stay.stream().filter(free::contains).count()));
  }

  @Test
  void aPinnedTheLastProvenAndTheNewestNeverGo() {
    var pinned = new Candidate(UUID.randomUUID(), NOW.minus(Duration.ofDays(900)), 1, true, BackupProof.BROKEN);
    var proven = backup(Duration.ofDays(800), BackupProof.PROVEN);
    var olderProven = backup(Duration.ofDays(801), BackupProof.PROVEN);
    var newest = daysOld(700);
    var broken = backup(Duration.ofDays(1), BackupProof.BROKEN);
    var choice = new RetentionRules(1, 0, 0, 0, 0, 7, null)
        .choose(List.of(pinned, proven, olderProven, newest, broken), NOW, ZONE);
    assertThat(choice.gone()).containsExactly(olderProven);
    assertThat(choice.kept()).containsEntry(pinned, Set.of(Why.PINNED)).containsEntry(proven, Set.of(Why.LAST_PROVEN))
        .containsEntry(newest, Set.of(Why.NEWEST)).containsEntry(broken, Set.of(Why.NOTHING_BETTER));
  }

  @Test
  void aBrokenOneStandsForNoDay() {
    var morning = backup(Duration.ofHours(5), BackupProof.UNPROVEN);
    var noon = backup(Duration.ofHours(1), BackupProof.BROKEN);
    var evening = backup(Duration.ofMinutes(1), BackupProof.UNPROVEN);
    var rules = new RetentionRules(0, 1, 0, 0, 0, null, null);
    assertThat(rules.choose(List.of(morning, noon), NOW, ZONE).gone()).isEmpty();
    assertThat(rules.choose(List.of(morning, noon, evening), NOW, ZONE).gone()).containsExactly(noon, morning);
  }

  @Test
  void aPlanShortensTheDaysAndLengthensNothing() {
    var rules = new RetentionRules(0, 30, 0, 0, 0, null, null);
    var backups = List.of(daysOld(1), daysOld(6), daysOld(8));
    assertThat(rules.choose(backups, NOW, ZONE).gone()).isEmpty();
    assertThat(rules.within(7).choose(backups, NOW, ZONE).gone()).containsExactly(backups.get(2));
    assertThat(new RetentionRules(0, 30, 0, 0, 0, 3, null).within(7).days()).isEqualTo(3);
  }
}
