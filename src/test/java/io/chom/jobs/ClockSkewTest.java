package io.chom.jobs;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.live.LiveEvents;
import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.OperationRunner;
import io.chom.operations.OperationStatus;
import io.chom.operations.OperationType;
import io.chom.operations.Operations;
import io.chom.operations.OutcomeUnknown;
import io.chom.operations.Subject;
import io.chom.queue.BellRinging;
import io.chom.ssh.Eventually;
import io.chom.tenancy.TenantContext;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.transaction.support.TransactionTemplate;

/** A node whose clock is hours off, or jumps: leases are dated by the database, and nothing is stolen, lost or hurried. */
@ExtendWith(RealServices.class)
@SpringBootTest(properties = "chom.worker.enabled=false")
@Import({OperationQueueTest.Scripted.class, ClockSkewTest.Turned.class})
class ClockSkewTest {
  private static final Duration LEASE = Duration.ofMinutes(1);
  private static final Limits LIMITS = new Limits(64, 1_000, Duration.ofMinutes(5));
  private static final OperationType WORK = new OperationType("test.work");

  /** This node's own idea of the time. */
  static final class TurnedClock extends Clock {
    volatile Duration off = Duration.ZERO;

    @Override
    public Instant instant() {
      return Instant.now().plus(off);
    }

    @Override
    public ZoneId getZone() { return ZoneOffset.UTC; }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
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

  @Autowired
  TurnedClock clock;
  @Autowired
  Operations operations;
  @Autowired
  OperationPicker picker;
  @Autowired
  OperationRunner runner;
  @Autowired
  BellRinging bells;
  @Autowired
  WorkerNodes nodes;
  @Autowired
  QueueMetrics metrics;
  @Autowired
  LiveEvents live;
  @Autowired
  TransactionTemplate transaction;
  @Autowired
  OperationQueueTest.Script script;
  final Tenants acme = Tenants.acme();

  @BeforeEach
  void nothingElseIsDue() {
    RealServices.asAdministrator("update operation set status = 'CANCELLED', lease_owner = null,"
        + " lease_expires_at = null where status in ('QUEUED', 'RUNNING', 'CANCELLING')");
    clock.off = Duration.ZERO;
    script.ends.clear();
    script.whileEnding = null;
    script.repeatable = false;
    script.work = run -> Map.of();
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT6H", "PT-6H", "P400D", "P-400D"})
  void aNodeWhoseClockIsOffNeitherStealsNorLosesALease(String off) {
    var operation = request();
    var held = picker.take("right", 1, LIMITS, LEASE).getFirst();
    clock.off = Duration.parse(off);
    assertThat(picker.take("wrong", 1, LIMITS, LEASE)).as("it is held").isEmpty();
    assertThat(picker.renew("wrong", List.of(held.operation()), LEASE)).isEmpty();
    RealServices.asAdministrator("update operation set lease_owner = 'wrong' where id = '" + operation.id() + "'");
    assertThat(picker.renew("wrong", List.of(held.operation()), LEASE)).containsExactly(operation.id());
    clock.off = Duration.ZERO;
    assertThat(picker.take("right", 1, LIMITS, LEASE)).as("what the wrong one holds is held").isEmpty();
    assertThat(leaseIsAboutAMinute(operation)).isTrue();
    runner.run(held, () -> true);
    assertThat(read(operation).status()).isEqualTo(OperationStatus.SUCCEEDED);
  }

  @Test
  void pausesBetweenTriesAreTheDatabasesToo() {
    var operation = request();
    clock.off = Duration.ofHours(-6);
    script.work = run -> {
      throw new io.chom.operations.OperationNotSent("SERVER_NOT_REACHED_TCP", "web-1 does not answer", null);
    };
    runner.run(picker.take("wrong", 1, LIMITS, LEASE).getFirst(), () -> true);
    assertThat(jdbcIs("next_try_at > now() and next_try_at < now() + interval '10 seconds'", operation)).isTrue();
    clock.off = Duration.ofHours(6);
    assertThat(picker.take("wrong", 1, LIMITS, LEASE)).as("not hurried by a clock that is ahead").isEmpty();
  }

  @Test
  void aLeaseThatRanOutIsAdoptedWhateverTheNodesThinkAndItsFormerHolderIsRefused() {
    var operation = request();
    var first = picker.take("one", 1, LIMITS, LEASE).getFirst();
    clock.off = Duration.ofHours(-12);
    RealServices.asAdministrator("update operation set lease_expires_at = now() - interval '1 millisecond' where id = '"
        + operation.id() + "'");
    var second = picker.take("two", 1, LIMITS, LEASE).getFirst();
    assertThat(second.adopted()).isTrue();
    assertThat(second.fence()).isGreaterThan(first.fence());
    var sent = new CopyOnWriteArrayList<Long>();
    script.work = run -> {
      run.sending();
      sent.add(run.fence());
      return Map.of();
    };
    runner.run(first, () -> true);
    assertThat(sent).as("nothing is sent by whoever lost it").isEmpty();
    assertThat(script.ends).isEmpty();
    runner.run(second, () -> true);
    assertThat(sent).containsExactly(second.fence());
    assertThat(read(operation).status()).isEqualTo(OperationStatus.SUCCEEDED);
  }

  @Test
  void aClockThatJumpsWhileWorkersRunDisturbsNothing() {
    var mayEnd = new Semaphore(0);
    var started = new CopyOnWriteArrayList<Operation>();
    script.work = run -> {
      started.add(run.operation());
      mayEnd.acquireUninterruptibly();
      if (!run.held()) {
        throw new OutcomeUnknown("it was lost", null);
      }
      return Map.of();
    };
    var properties = new WorkerProperties(true, 8, 64, 64, Duration.ofMinutes(5), Duration.ofSeconds(3),
        Duration.ofMillis(50));
    var workers = List.of(new OperationWorker(picker, runner, bells, nodes, metrics, live, properties),
        new OperationWorker(picker, runner, bells, nodes, metrics, live, properties));
    workers.forEach(OperationWorker::start);
    try {
      for (int i = 0; i < 6; i++) {
        request();
      }
      Eventually.that(() -> started.size() == 6);
      var fences = fences();
      for (var off : List.of(Duration.ofHours(9), Duration.ofHours(-9), Duration.ZERO)) {
        clock.off = off;
        var renewed = renewals();
        Eventually.that(() -> renewals() > renewed);
      }
      assertThat(fences()).as("nobody adopted anything").isEqualTo(fences);
      mayEnd.release(6);
      Eventually.that(() -> script.ends.size() == 6);
      assertThat(script.ends).containsOnly("succeeded {}");
      assertThat(started).hasSize(6);
    } finally {
      mayEnd.release(100);
      workers.forEach(OperationWorker::stop);
    }
  }

  @Test
  void theQueueNeverAsksThisMachineForTheTime() {
    noClasses().that().resideInAnyPackage("io.chom.operations..", "io.chom.jobs..", "io.chom.api..").should()
        .callMethod(Instant.class, "now").orShould().callMethod(System.class, "currentTimeMillis").orShould()
        .callMethod(Clock.class, "systemUTC").orShould().callMethod(LocalDateTime.class, "now").orShould()
        .callConstructor(Date.class).check(new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests()).importPackages("io.chom"));
  }

  private String fences() {
    return asAdministrator("select string_agg(fence::text, ' ' order by id) from operation where tenant_id = '"
        + acme.id() + "'");
  }

  /** Grows with each renewal of a lease. */
  private double renewals() {
    return Double.parseDouble(asAdministrator("select extract(epoch from max(lease_expires_at)) from operation"
        + " where tenant_id = '" + acme.id() + "'"));
  }

  private boolean leaseIsAboutAMinute(Operation operation) {
    return jdbcIs("lease_expires_at between now() + interval '30 seconds' and now() + interval '61 seconds'",
        operation);
  }

  private static boolean jdbcIs(String condition, Operation operation) {
    return asAdministrator("select " + condition + " from operation where id = '" + operation.id() + "'").equals("t");
  }

  private static String asAdministrator(String sql) {
    try (var connection = RealServices.asAdministrator();
        var statement = connection.createStatement();
        var rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    } catch (java.sql.SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private Operation read(Operation operation) {
    return TenantContext.callAs(acme.id(), () -> operations.get(operation.id()));
  }

  private Operation request() {
    var wanted = NewOperation.interactive(WORK, new Subject("site", Uuid7.next(), "shop.example"), null, Map.of());
    return TenantContext.callAs(acme.id(),
        () -> Objects.requireNonNull(transaction.execute(s -> operations.request(wanted, Actor.PANEL))));
  }
}
