package io.chom.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.backups.BackupRuns;
import io.chom.backups.BackupSchedules;
import io.chom.backups.BackupType;
import io.chom.backups.RunView;
import io.chom.backups.ScheduleView;
import io.chom.backups.ScheduleWish;
import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.sites.CreateSite;
import io.chom.sites.DomainName;
import io.chom.sites.SiteId;
import io.chom.sites.SiteType;
import io.chom.sites.Sites;
import io.chom.tenancy.TenantContext;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;

/** Schedules of two tenants, two nodes, and a clock that is turned: through summer and winter, and through downtimes. */
@ExtendWith(RealServices.class)
@SpringBootTest(properties = "chom.worker.enabled=false")
@Import(BackupClockTests.Turned.class)
class BackupClockTests {
  private static final Duration GRACE = Duration.ofHours(1);
  private static final Instant START = Instant.parse("2026-12-24T17:00:00Z");
  private static final Instant END = START.plus(Duration.ofDays(400));

  /** The one clock, turned by hand. */
  static final class TurnedClock extends Clock {
    volatile Instant now = START;

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() { return ZoneOffset.UTC; }

    @Override
    public Clock withZone(ZoneId zone) {
      throw new UnsupportedOperationException("nobody asks for the zone");
    }
  }

  @TestConfiguration
  static class Turned {
    @Bean
    @Primary
    TurnedClock turnedClock() {
      return new TurnedClock();
    }
  }

  private final Tenants acme = Tenants.acme();
  private final Tenants globex = Tenants.globex();
  @Autowired
  @Qualifier("jobsDataSource")
  DataSource jobs;
  @Autowired
  WorkerProperties properties;
  @Autowired
  BackupSchedules schedules;
  @Autowired
  BackupRuns runs;
  @Autowired
  Sites sites;
  @Autowired
  TurnedClock clock;

  private record Scheduled(Tenants tenant, ScheduleView view) {}

  private record Downtime(Instant from, Instant to) {
    boolean contains(Instant at) {
      return !at.isBefore(from) && at.isBefore(to);
    }
  }

  @BeforeEach
  void nothingElseIsDue() {
    RealServices.asAdministrator("delete from backup_schedule");
    acme.server();
    globex.server();
    clock.now = START;
  }

  /** Nobody else's workers are to find what was only promised. */
  @AfterEach
  void nothingIsLeftToDo() {
    RealServices
        .asAdministrator("update operation set status = 'CANCELLED', finished_at = now() where finished_at is null"
            + " and tenant_id in ('" + acme.id() + "', '" + globex.id() + "')");
  }

  @Test
  void throughFourHundredDaysEveryRunStartsOnceOrIsSaidToBeMissed() throws Exception {
    var all = List.of(schedule(acme, "30 2 * * *", "Europe/Berlin", "", true),
        schedule(globex, "15 */12 * * *", "America/New_York", "", false),
        schedule(acme, "0 22 * * 0,3", "Australia/Lord_Howe", "21:00-23:30", true),
        schedule(globex, "10 1 1 * *", "UTC", "", true));
    var random = new Random(11);
    var downtimes = downtimes(random);
    var moments = all.stream().flatMap(one -> expected(one).stream()).distinct().sorted().toList();
    try (var nodes = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var due : moments) {
        turn(nodes, due.plusSeconds(1 + random.nextInt(29)), downtimes);
        for (var downtime : downtimes) {
          if (downtime.contains(due)) {
            turn(nodes, downtime.to(), downtimes);
          }
        }
      }
      turn(nodes, END, downtimes);
    }
    for (var one : all) {
      judge(one, downtimes);
    }
  }

  private void turn(ExecutorService nodes, Instant to, List<Downtime> downtimes) throws Exception {
    if (to.isBefore(clock.now) || downtimes.stream().anyMatch(one -> one.contains(to))) {
      return;
    }
    clock.now = to;
    Callable<Integer> node = () -> node().tick();
    for (var ticked : nodes.invokeAll(List.of(node, node))) {
      ticked.get();
    }
    finishAll();
  }

  private void judge(Scheduled one, List<Downtime> downtimes) {
    var seen = as(one, () -> schedules.runs(one.view().site(), START, END));
    assertThat(seen).extracting(RunView::dueAt).as("all of %s", one.view().wish().cron()).isEqualTo(expected(one));
    assertThat(seen.stream().map(RunView::backup).filter(backup -> backup != null)).doesNotHaveDuplicates();
    for (int i = 0; i < seen.size(); i++) {
      var run = seen.get(i);
      var next = i + 1 < seen.size() ? seen.get(i + 1).dueAt() : END;
      var startable = downtimes.stream().filter(down -> down.contains(run.dueAt())).map(Downtime::to).findFirst()
          .orElse(run.dueAt());
      boolean late = startable.isAfter(run.dueAt().plus(GRACE));
      boolean overtaken = !next.isAfter(startable);
      boolean starts = !overtaken && (!late || one.view().wish().catchUp());
      assertThat(run.status()).as("%s, startable at %s, next at %s", run, startable, next)
          .isEqualTo(starts ? RunView.Status.STARTED : RunView.Status.MISSED);
      assertThat(run.lateAt() != null).as("told of %s", run).isEqualTo(!starts || late);
    }
    assertThat(backups(one)).isEqualTo(seen.stream().filter(run -> run.status() == RunView.Status.STARTED).count());
  }

  private static List<Downtime> downtimes(Random random) {
    var all = new ArrayList<Downtime>();
    var at = START.plus(Duration.ofDays(9));
    while (at.isBefore(END.minus(Duration.ofDays(15)))) {
      var to = at.plus(Duration.ofMinutes(random.nextInt(20, random.nextInt(4) == 0 ? 13_000 : 400)));
      all.add(new Downtime(at, to));
      at = to.plus(Duration.ofMinutes(random.nextInt(600, 20_000)));
    }
    assertThat(all).hasSizeGreaterThan(20);
    return all;
  }

  /** What crontab(5) means, walked through day by day on the wall clock of the place. */
  private static List<Instant> expected(Scheduled one) {
    var wish = one.view().wish();
    var zone = ZoneId.of(wish.zone());
    // what quiet hours hold back begins at their end
    var offset = wish.quiet().isEmpty()
        ? Duration.ofSeconds(number("select offset_seconds from backup_schedule where id = '" + one.view().id() + "'"))
        : Duration.ZERO;
    var all = new ArrayList<Instant>();
    switch (wish.cron()) {
      case "30 2 * * *" -> days(zone, day -> {
        var wall = day.atTime(2, 30);
        var change = zone.getRules().getTransition(wall);
        all.add(change != null && change.isGap() ? change.getInstant() : wall.atZone(zone).toInstant());
      });
      case "15 */12 * * *" -> days(zone, day -> {
        all.add(day.atTime(0, 15).atZone(zone).toInstant());
        all.add(day.atTime(12, 15).atZone(zone).toInstant());
      });
      case "0 22 * * 0,3" -> days(zone, day -> {
        if (day.getDayOfWeek().getValue() % 7 == 0 || day.getDayOfWeek().getValue() == 3) {
          all.add(day.atTime(23, 30).atZone(zone).toInstant());
        }
      });
      case "10 1 1 * *" -> days(zone, day -> {
        if (day.getDayOfMonth() == 1) {
          all.add(day.atTime(1, 10).atZone(zone).toInstant());
        }
      });
      default -> throw new IllegalArgumentException(wish.cron());
    }
    return all.stream().map(at -> at.plus(offset)).filter(at -> at.isAfter(START) && at.isBefore(END))
        .sorted(Comparator.naturalOrder()).toList();
  }

  private static void days(ZoneId zone, Consumer<LocalDate> each) {
    LocalDate.ofInstant(START, zone).datesUntil(LocalDate.ofInstant(END, zone).plusDays(1)).forEach(each);
  }

  @Test
  void manyNodesThatTickTogetherStartOneBackup() throws Exception {
    var one = schedule(acme, "0 3 * * *", "UTC", "", true);
    clock.now = first(one).plusSeconds(5);
    try (var nodes = Executors.newVirtualThreadPerTaskExecutor()) {
      Callable<Integer> node = () -> node().tick() + node().tick();
      int started = nodes.invokeAll(Collections.nCopies(6, node)).stream().mapToInt(Future::resultNow).sum();
      assertThat(started).isEqualTo(1);
    }
    assertThat(backups(one)).isEqualTo(1);
  }

  @Test
  void aSiteThatIsBusyIsTriedAgainAndWhoLooksSeesWhy() {
    var one = schedule(acme, "0 3 * * *", "UTC", "", true);
    RealServices.asAdministrator("update site set status = 'FAILED' where id = '" + one.view().site() + "'");
    clock.now = first(one).plusSeconds(5);
    assertThat(node().tick()).isZero();
    assertThat(firstRun(one)).satisfies(run -> {
      assertThat(run.status()).isEqualTo(RunView.Status.PLANNED);
      assertThat(run.refused()).isEqualTo("SITE_NOT_READY");
      assertThat(run.lateAt()).isNull();
    });
    clock.now = first(one).plus(GRACE).plusSeconds(5);
    assertThat(node().tick()).isZero();
    assertThat(firstRun(one).lateAt()).isEqualTo(clock.now);
    clock.now = clock.now.plusSeconds(600);
    RealServices.asAdministrator("update site set status = 'ACTIVE' where id = '" + one.view().site() + "'");
    assertThat(node().tick()).isEqualTo(1);
    assertThat(firstRun(one)).satisfies(run -> {
      assertThat(run.status()).isEqualTo(RunView.Status.STARTED);
      assertThat(run.lateAt()).as("told once").isEqualTo(first(one).plus(GRACE).plusSeconds(5));
    });
  }

  @Test
  void schedulesThatCannotStartStandBeforeNoOther() {
    var stuck = List.of(schedule(acme, "0 3 * * *", "UTC", "", true), schedule(globex, "0 3 * * *", "UTC", "", true));
    var well = schedule(acme, "0 3 * * *", "UTC", "", true);
    stuck.forEach(one -> RealServices
        .asAdministrator("update site set status = 'FAILED' where id = '" + one.view().site() + "'"));
    clock.now = START.plus(Duration.ofDays(1));
    assertThat(new BackupClock(jobs, runs, properties, clock, 1).tick()).isEqualTo(1);
    assertThat(backups(well)).isEqualTo(1);
  }

  @Test
  void whatWasOverdueWhenAScheduleWasSwitchedOffIsNotMadeUpForLater() {
    var one = schedule(acme, "0 3 * * *", "UTC", "", true);
    node().tick();
    clock.now = first(one).plus(Duration.ofHours(2));
    as(one, () -> schedules.change(one.view().site(), one.view().id(), one.view().wish(), false, Actor.PANEL));
    clock.now = clock.now.plus(Duration.ofHours(5));
    as(one, () -> schedules.change(one.view().site(), one.view().id(), one.view().wish(), true, Actor.PANEL));
    assertThat(node().tick()).isZero();
    assertThat(backups(one)).isZero();
  }

  @Test
  void nothingIsExpectedOfADeletedSiteOrWhileAScheduleIsOff() {
    var gone = schedule(acme, "0 3 * * *", "UTC", "", true);
    var off = schedule(globex, "0 3 * * *", "UTC", "", true);
    node().tick();
    RealServices.asAdministrator("update site set status = 'DELETED', deleted_at = now() where id = '"
        + gone.view().site() + "'");
    as(off, () -> schedules.change(off.view().site(), off.view().id(), off.view().wish(), false, Actor.PANEL));
    clock.now = START.plus(Duration.ofDays(20));
    assertThat(node().tick()).isZero();
    assertThat(as(gone, () -> schedules.runs(gone.view().site(), START, END))).isEmpty();
    assertThat(as(off, () -> schedules.runs(off.view().site(), START, END))).isEmpty();
    var on = as(off, () -> schedules.change(off.view().site(), off.view().id(), off.view().wish(), true, Actor.PANEL));
    assertThat(node().tick()).isZero();
    assertThat(as(off, () -> schedules.runs(off.view().site(), START, END))).isNotEmpty().extracting(RunView::dueAt)
        .first().isEqualTo(on.next());
  }

  @Test
  void anotherTimeIsExpectedFromNowOnAndWhatWasDueIsNotForgotten() {
    var one = schedule(acme, "0 3 * * *", "UTC", "", false);
    node().tick();
    clock.now = first(one).plus(Duration.ofHours(5));
    var wish = new ScheduleWish(BackupType.FULL, "0 17 * * *", "UTC", "", false, GRACE, 0, ScheduleWish.Keep.USUAL);
    var changed = as(one, () -> schedules.change(one.view().site(), one.view().id(), wish, true, Actor.PANEL));
    node().tick();
    var seen = as(one, () -> schedules.runs(one.view().site(), START, END));
    assertThat(seen.getFirst().dueAt()).isEqualTo(first(one));
    assertThat(seen.getFirst().status()).isEqualTo(RunView.Status.MISSED);
    assertThat(seen.subList(1, seen.size())).extracting(RunView::dueAt).first().isEqualTo(changed.next());
    assertThat(seen.subList(1, seen.size())).noneMatch(run -> run.dueAt().atZone(ZoneOffset.UTC).getHour() == 3);
  }

  private BackupClock node() {
    return new BackupClock(jobs, runs, properties, clock);
  }

  private Scheduled schedule(Tenants tenant, String cron, String zone, String quiet, boolean catchUp) {
    var wanted = new CreateSite(DomainName.parse("k" + Uuid7.next().toString().replace("-", "") + ".example"),
        SiteType.STATIC, null, null, null);
    var site = TenantContext.callAs(tenant.id(), () -> sites.create(wanted, Actor.PANEL).site());
    RealServices.asAdministrator("update site set status = 'ACTIVE' where id = '" + site + "'");
    var wish = new ScheduleWish(BackupType.FULL, cron, zone, quiet, catchUp, GRACE, 0, ScheduleWish.Keep.USUAL);
    var view = TenantContext.callAs(tenant.id(), () -> schedules.create(site, wish, true, Actor.PANEL));
    return new Scheduled(tenant, view);
  }

  /** As their servers would, and nobody else's workers find them. */
  private void finishAll() {
    RealServices.asAdministrator("update site_backup set status = 'COMPLETED', snapshot = repeat('a', 64),"
        + " manifest = repeat('b', 64), finished_at = now() where status = 'RUNNING' and tenant_id in ('" + acme.id()
        + "', '" + globex.id() + "')");
    RealServices.asAdministrator("delete from operation where type = 'backup.create' and tenant_id in ('" + acme.id()
        + "', '" + globex.id() + "')");
  }

  private static Instant first(Scheduled one) {
    return one.view().upcoming().getFirst();
  }

  private RunView firstRun(Scheduled one) {
    return as(one, () -> schedules.runs(one.view().site(), START, END)).getFirst();
  }

  private static long backups(Scheduled one) {
    return number("select count(*) from site_backup where site_id = '" + one.view().site() + "'");
  }

  private static <T> T as(Scheduled one, Supplier<T> work) {
    return TenantContext.callAs(one.tenant().id(), work::get);
  }

  private static long number(String sql) {
    try (var connection = RealServices.asAdministrator(); var rows = connection.createStatement().executeQuery(sql)) {
      rows.next();
      return rows.getLong(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
