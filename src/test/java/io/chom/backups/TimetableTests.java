package io.chom.backups;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.backups.ScheduleRefused.Reason;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** When something is due, held against a calendar that is walked through minute by minute. */
class TimetableTests {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration SPAN = Duration.ofDays(400);

  private static List<Instant> all(Timetable timetable) {
    var all = new ArrayList<Instant>();
    for (var due = timetable.next(START); due.isBefore(START.plus(SPAN)); due = timetable.next(due)) {
      all.add(due);
    }
    return all;
  }

  /** One field of a random expression, and what it means. */
  private record Field(String text, IntPredicate matches) {}

  private static Field number(Random random, int from, int to) {
    int n = random.nextInt(from, to + 1);
    return new Field(String.valueOf(n), value -> value == n);
  }

  private static Field anything() {
    return new Field("*", value -> true);
  }

  private static Field list(Random random, int from, int to) {
    int a = random.nextInt(from, to + 1);
    int b = random.nextInt(from, to + 1);
    return new Field(Math.min(a, b) + "-" + Math.max(a, b),
        value -> value >= Math.min(a, b) && value <= Math.max(a, b));
  }

  private static Field step(Random random, int size) {
    int n = List.of(2, 3, 4, 6).get(random.nextInt(4));
    assertThat(size % n).isZero();
    return new Field("*/" + n, value -> value % n == 0);
  }

  private static Field either(Random random, Field... fields) {
    return fields[random.nextInt(fields.length)];
  }

  /** The same as cron's manual says it, with nothing of how the product finds it. */
  private static List<Instant> walked(Field minute, Field hour, Field day, Field month, Field week, ZoneId zone) {
    var due = new TreeSet<Instant>();
    var asTimePasses = hour.text().startsWith("*");
    if (asTimePasses) {
      for (var at = START.plus(1, ChronoUnit.MINUTES); at
          .isBefore(START.plus(SPAN)); at = at.plus(1, ChronoUnit.MINUTES)) {
        if (matches(LocalDateTime.ofInstant(at, zone), minute, hour, day, month, week)) {
          due.add(at);
        }
      }
    } else {
      var wall = LocalDateTime.ofInstant(START, zone).minusDays(1);
      for (; wall.isBefore(LocalDateTime.ofInstant(START.plus(SPAN), zone).plusDays(1)); wall = wall.plusMinutes(1)) {
        if (matches(wall, minute, hour, day, month, week)) {
          var offsets = zone.getRules().getValidOffsets(wall);
          due.add(offsets.isEmpty()
              ? zone.getRules().getTransition(wall).getInstant()
              : wall.toInstant(offsets.getFirst()));
        }
      }
    }
    return due.stream().filter(at -> at.isAfter(START) && at.isBefore(START.plus(SPAN))).toList();
  }

  private static boolean matches(LocalDateTime at, Field minute, Field hour, Field day, Field month, Field week) {
    boolean dayFits = day.matches().test(at.getDayOfMonth());
    boolean weekFits = week.matches().test(at.getDayOfWeek().getValue() % 7);
    boolean bothSaid = !day.text().startsWith("*") && !week.text().startsWith("*");
    return minute.matches().test(at.getMinute()) && hour.matches().test(at.getHour())
        && month.matches().test(at.getMonthValue()) && (bothSaid ? dayFits || weekFits : dayFits && weekFits);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC",
      "America/Sao_Paulo", "Africa/Casablanca", "Antarctica/Troll"})
  void everyTimeIsFoundOnceThroughAllChangesOfTheClocks(String name) {
    var zone = ZoneId.of(name);
    var random = new Random(name.hashCode());
    for (int round = 0; round < 12; round++) {
      var minute = number(random, 0, 59);
      var hour = either(random, number(random, 0, 4), list(random, 0, 5), number(random, 20, 23), step(random, 24),
          anything());
      var day = either(random, anything(), anything(), number(random, 1, 31), list(random, 1, 28));
      var month = either(random, anything(), anything(), list(random, 1, 12));
      var week = either(random, anything(), anything(), number(random, 0, 6), list(random, 0, 6));
      var expression = String.join(" ", minute.text(), hour.text(), day.text(), month.text(), week.text());
      var walked = walked(minute, hour, day, month, week, zone);
      if (walked.size() > 1) {
        assertThat(all(Timetable.parse(expression, name))).as("%s in %s", expression, name).isEqualTo(walked);
      }
    }
  }

  @Test
  void aTimeThatIsSkippedComesAtTheChangeAndOneThatComesTwiceIsTakenOnce() {
    var nightly = all(Timetable.parse("30 2 * * *", "Europe/Berlin"));
    assertThat(nightly).hasSize(400).contains(Instant.parse("2026-03-29T01:00:00Z"),
        Instant.parse("2026-10-25T00:30:00Z")).doesNotContain(Instant.parse("2026-10-25T01:30:00Z"));
    var quarterly = all(Timetable.parse("*/15 * * * *", "Europe/Berlin"));
    assertThat(quarterly).hasSize(400 * 24 * 4 - 1);
    for (int i = 1; i < quarterly.size(); i++) {
      assertThat(Duration.between(quarterly.get(i - 1), quarterly.get(i))).isEqualTo(Duration.ofMinutes(15));
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {"61 2 * * *|CRON_INVALID", "2 * * *|CRON_INVALID", "0 0 2 * * *|CRON_INVALID",
      "''|CRON_INVALID", "daily|CRON_INVALID", "@reboot|CRON_INVALID", "0 2 * * FOO|CRON_INVALID",
      "$(id) 2 * * *|CRON_INVALID", "0 2 30 2 *|NEVER_DUE", "*/14 * * * *|TOO_OFTEN", "* * * * *|TOO_OFTEN",
      "0,5 3 * * *|TOO_OFTEN"})
  void whatCannotBeIsRefused(String cron, Reason reason) {
    assertThatThrownBy(() -> Timetable.parse(cron, "UTC")).isInstanceOfSatisfying(ScheduleRefused.class,
        e -> assertThat(e.code()).isEqualTo(reason.name()));
  }

  @Test
  void aZoneIsOneOfTheTzDatabase() {
    for (var zone : List.of("Berlin", "+01:00", "", "Europe/../Berlin", "europe/berlin")) {
      assertThatThrownBy(() -> Timetable.parse("0 2 * * *", zone)).as(zone).hasMessageContaining("time zone");
    }
    assertThatThrownBy(() -> Timetable.parse("0 2 " + "1,".repeat(200) + "1 * *", "UTC"))
        .isInstanceOf(ScheduleRefused.class);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {"@daily|0 0 * * *", " 30  2 * * sun |30 2 * * 0", "@Weekly|0 0 * * 7"})
  void aNameIsWhatItStandsFor(String name, String expression) {
    assertThat(all(Timetable.parse(name, "Asia/Tokyo"))).isEqualTo(all(Timetable.parse(expression, "Asia/Tokyo")));
  }

  @Test
  void theRarestDayIsFound() {
    assertThat(Timetable.parse("0 2 29 2 *", "Europe/Berlin").next(Instant.parse("2096-03-01T00:00:00Z")))
        .isEqualTo(Instant.parse("2104-02-29T01:00:00Z"));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {"30 2 * * *|DAILY", "0 3 * * 1-5|WEEKLY", "0 3 * * SAT,SUN|WEEKLY",
      "0 3 * * 5-7|WEEKLY", "15 4 1 * *|MONTHLY", "5 * * * *|HOURLY", "0 */6 * * *|EVERY_HOURS",
      "*/30 * * * *|EVERY_MINUTES", "0 3 1 1 *|OTHER", "0 3 1 * 1|OTHER", "0 3,15 * * *|OTHER", "0 3 L * *|OTHER",
      "0 */5 * * *|OTHER", "@weekly|WEEKLY"})
  void manyRhythmsHaveASentence(String cron, Rhythm.Kind kind) {
    assertThat(Rhythm.of(Timetable.parse(cron, "UTC")).kind()).isEqualTo(kind);
  }

  @Test
  void aRhythmSaysWhen() {
    assertThat(Rhythm.of(Timetable.parse("30 2 * * FRI-SUN,1", "UTC"))).isEqualTo(new Rhythm(Rhythm.Kind.WEEKLY,
        LocalTime.of(2, 30), 0, Set.of(DayOfWeek.FRIDAY, DayOfWeek.SATURDAY, DayOfWeek.SUNDAY, DayOfWeek.MONDAY), 0));
  }

  @Test
  void quietHoursMoveWhatIsDueToTheirEnd() {
    var nightly = Timetable.parse("30 2 * * *", "Europe/Berlin");
    var overMidnight = new QuietHours(LocalTime.of(22, 0), LocalTime.of(3, 15));
    var times = new DueTimes(nightly, Duration.ofMinutes(7), List.of(overMidnight));
    assertThat(times.next(Instant.parse("2026-07-01T12:00:00Z"), 2))
        .containsExactly(Instant.parse("2026-07-02T01:15:00Z"), Instant.parse("2026-07-03T01:15:00Z"));
    // what was due before midnight waits for the same end
    var often = new DueTimes(Timetable.parse("0 */2 * * *", "UTC"), Duration.ZERO, List.of(overMidnight));
    assertThat(often.next(Instant.parse("2026-07-01T19:00:00Z"), 3)).containsExactly(
        Instant.parse("2026-07-01T20:00:00Z"), Instant.parse("2026-07-02T03:15:00Z"),
        Instant.parse("2026-07-02T04:00:00Z"));
  }

  @Test
  void quietHoursNeitherLoseNorDoubleARun() {
    var random = new Random(5);
    for (int round = 0; round < 30; round++) {
      var quiet = IntStream.range(0, 1 + random.nextInt(3))
          .mapToObj(n -> new QuietHours(LocalTime.of(random.nextInt(24), 0), LocalTime.of(random.nextInt(24), 30)))
          .toList();
      var timetable = Timetable.parse(random.nextInt(60) + " " + random.nextInt(24) + " * * *", "Europe/Berlin");
      DueTimes times;
      try {
        times = new DueTimes(timetable, Duration.ofMinutes(random.nextInt(30)), quiet);
      } catch (ScheduleRefused e) {
        continue;
      }
      var due = times.next(START, 400);
      assertThat(due).isSorted().doesNotHaveDuplicates().allSatisfy(at -> assertThat(quiet).noneMatch(
          one -> one.contain(at.atZone(timetable.zone()).toLocalTime())));
      assertThat(due.stream().map(at -> at.atZone(timetable.zone()).toLocalDate()).distinct().count())
          .as("a run a day").isBetween(399L, 400L);
    }
  }

  @Test
  void quietHoursLeaveSomeTime() {
    var nightly = Timetable.parse("30 2 * * *", "UTC");
    var morning = new QuietHours(LocalTime.MIN, LocalTime.NOON);
    for (var quiet : List.of(List.of(new QuietHours(LocalTime.NOON, LocalTime.NOON)),
        List.of(morning, new QuietHours(LocalTime.NOON, LocalTime.MIN)),
        List.of(morning, morning, morning, morning, morning, morning))) {
      assertThatThrownBy(() -> new DueTimes(nightly, Duration.ZERO, quiet)).isInstanceOf(ScheduleRefused.class);
    }
  }
}
