package io.chom.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.live.LiveEvents;
import io.chom.live.Subscription;
import io.chom.operations.Claim;
import io.chom.operations.Lane;
import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.OperationHandler;
import io.chom.operations.OperationId;
import io.chom.operations.OperationNotFound;
import io.chom.operations.OperationNotSent;
import io.chom.operations.OperationRefused;
import io.chom.operations.OperationRun;
import io.chom.operations.OperationRunner;
import io.chom.operations.OperationStatus;
import io.chom.operations.OperationType;
import io.chom.operations.Operations;
import io.chom.operations.OutcomeUnknown;
import io.chom.operations.Subject;
import io.chom.operations.Topics;
import io.chom.queue.BellRinging;
import io.chom.servers.ServerId;
import io.chom.ssh.Eventually;
import io.chom.tenancy.TenantContext;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.JsonNode;

/** The queue by hand: no worker runs here, each test picks and carries out what it wants to see. */
@ExtendWith(RealServices.class)
@SpringBootTest(properties = "chom.worker.enabled=false")
@Import(OperationQueueTest.Scripted.class)
class OperationQueueTest {
  private static final Duration LEASE = Duration.ofMinutes(1);
  private static final OperationType WORK = new OperationType("test.work");

  /** Does what the test says, and remembers how it ended. */
  static class Script implements OperationHandler {
    Function<OperationRun, Map<String, Object>> work = run -> Map.of();
    Function<OperationRun, List<String>> stop = run -> List.of();
    @Nullable
    RuntimeException whileEnding;
    final List<String> ends = new java.util.concurrent.CopyOnWriteArrayList<>();
    boolean repeatable;

    @Override
    public OperationType type() {
      return WORK;
    }

    @Override
    public Map<String, Object> carryOut(OperationRun run) {
      return work.apply(run);
    }

    @Override
    public void whenSucceeded(Operation operation, JsonNode result) {
      if (whileEnding != null) {
        throw whileEnding;
      }
      ends.add("succeeded " + result);
    }

    @Override
    public void whenFailed(Operation operation, String code, String message) {
      ends.add("failed " + code);
    }

    @Override
    public boolean repeatable() {
      return repeatable;
    }

    @Override
    public String right(Operation operation) {
      return "sites:delete";
    }

    @Override
    public NewOperation repeat(Operation failed) {
      return new NewOperation(WORK, failed.subject(), failed.server(), failed.lane(), Map.of("once", "more"), null);
    }

    @Override
    public boolean stoppable() {
      return true;
    }

    @Override
    public List<String> stop(OperationRun run) {
      return stop.apply(run);
    }

    @Override
    public void whenCancelled(Operation operation, boolean begun) {
      ends.add("cancelled " + (begun ? "half-way" : "before it began"));
    }
  }

  @TestConfiguration
  static class Scripted {
    @Bean
    Script script() {
      return new Script();
    }
  }

  @Autowired
  Operations operations;
  @Autowired
  OperationPicker picker;
  @Autowired
  ServerHealthClock health;
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
  JdbcClient jdbc;
  @Autowired
  Script script;
  final Tenants acme = Tenants.acme();
  final Tenants globex = Tenants.globex();

  @BeforeEach
  void nothingElseIsDue() throws SQLException {
    administrator("update operation set status = 'CANCELLED', lease_owner = null, lease_expires_at = null"
        + " where status in ('QUEUED', 'RUNNING', 'CANCELLING')");
    script.ends.clear();
    script.work = run -> Map.of();
    script.whileEnding = null;
    script.repeatable = false;
  }

  @Test
  void nothingIsQueuedForATransactionThatRolledBack() {
    TenantContext.runAs(acme.id(), () -> transaction.executeWithoutResult(status -> {
      operations.request(work(null, null), Actor.PANEL);
      status.setRollbackOnly();
    }));
    assertThat(take(10)).isEmpty();
  }

  @Test
  void twoPickersNeverTakeTheSameOperation() throws Exception {
    for (int i = 0; i < 40; i++) {
      request(acme, work(null, null));
    }
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<List<Claim>>> pickers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        String node = "node-" + i;
        pickers.add(() -> picker.take(node, 7, upTo(100), LEASE));
      }
      var taken = new ArrayList<Claim>();
      for (var answer : threads.invokeAll(pickers)) {
        taken.addAll(answer.get());
      }
      assertThat(taken).extracting(Claim::operation).doesNotHaveDuplicates().hasSize(40);
      assertThat(taken).extracting(Claim::fence).doesNotHaveDuplicates();
    }
  }

  @Test
  void oneTenantsManyDoNotStandBeforeAnothersOne() {
    for (int i = 0; i < 30; i++) {
      request(acme, work(null, null));
    }
    var one = request(globex, work(null, null));
    assertThat(take(2)).extracting(Claim::operation).contains(one.id());
  }

  @Test
  void aPersonGoesBeforeAClock() {
    var byClock = request(acme, new NewOperation(WORK, subject(Uuid7.next()), null, Lane.SCHEDULED, Map.of(), null));
    var byPerson = request(acme, work(null, null));
    assertThat(take(1)).extracting(Claim::operation).containsExactly(byPerson.id());
    assertThat(take(1)).extracting(Claim::operation).containsExactly(byClock.id());
  }

  @Test
  void noMoreRunOnOneServerThanItMayCarry() {
    var server = Uuid7.next();
    for (int i = 0; i < 5; i++) {
      request(acme, work(server, null));
    }
    var elsewhere = request(acme, work(Uuid7.next(), null));
    assertThat(picker.take("node", 10, upTo(2), LEASE)).hasSize(3).extracting(Claim::operation)
        .contains(elsewhere.id());
    assertThat(picker.take("node", 10, upTo(2), LEASE)).isEmpty();
  }

  @Test
  void twoChangesOfOneSubjectNeverRunTogether() {
    var site = Uuid7.next();
    var first = request(acme, new NewOperation(WORK, subject(site), null, Lane.INTERACTIVE, Map.of(), null));
    var second = request(acme, new NewOperation(WORK, subject(site), null, Lane.INTERACTIVE, Map.of(), null));
    var claims = take(10);
    assertThat(claims).extracting(Claim::operation).containsExactly(first.id());
    runner.run(claims.getFirst(), () -> true);
    assertThat(take(10)).extracting(Claim::operation).containsExactly(second.id());
  }

  @Test
  void anAbandonedOperationIsAdoptedAndItsFirstWorkerChangesNothingMore() {
    var operation = request(acme, work(null, null));
    var first = take(1).getFirst();
    abandon(operation);
    var second = take(1).getFirst();
    assertThat(second.operation()).isEqualTo(first.operation());
    assertThat(second.fence()).isGreaterThan(first.fence());

    script.work = run -> Map.of("by", "first");
    runner.run(first, () -> true);
    assertThat(status(acme, operation)).isEqualTo(OperationStatus.RUNNING);
    assertThat(script.ends).isEmpty();

    script.work = run -> Map.of("by", "second");
    runner.run(second, () -> true);
    assertThat(status(acme, operation)).isEqualTo(OperationStatus.SUCCEEDED);
    assertThat(script.ends).containsExactly("succeeded {\"by\":\"second\"}");
  }

  @Test
  void aSilentServerIsShownAtOnceWithItsReasonAndForgottenWhenItSpeaks() {
    var operation = request(acme, work(null, null));
    script.work = run -> {
      run.sending();
      run.silent("SERVER_NOT_REACHED_TCP", "Nothing answers at web-1.");
      var since = read(acme, operation).waitingSince();
      assertThat(since).isNotNull();
      run.silent("SERVER_NOT_REACHED_KEX", "web-1 does not speak SSH.");
      assertThat(read(acme, operation)).satisfies(silent -> {
        assertThat(silent.status()).isEqualTo(OperationStatus.RUNNING);
        assertThat(silent.waitingSince()).isEqualTo(since);
        assertThat(silent.errorCode()).isEqualTo("SERVER_NOT_REACHED_KEX");
      });
      run.heard();
      assertThat(read(acme, operation)).satisfies(heard -> {
        assertThat(heard.waitingSince()).isNull();
        assertThat(heard.errorCode()).isNull();
      });
      run.silent("SERVER_NOT_REACHED_TCP", "Nothing answers at web-1.");
      run.progress(40, "Setting up PHP", 100);
      assertThat(read(acme, operation).errorCode()).as("what it reports is a sign of life").isNull();
      return Map.of();
    };
    runner.run(take(1).getFirst(), () -> true);
    assertThat(read(acme, operation).status()).isEqualTo(OperationStatus.SUCCEEDED);
  }

  @Test
  void whoeverAdoptsGoesOnWhereTheLogEnded() {
    var operation = request(acme, work(null, null));
    script.work = run -> {
      run.sending();
      run.progress(30, "Making the user", 100);
      run.output("häuser\n", 200);
      throw new OutcomeUnknown("the link was cut", null);
    };
    runner.run(take(1).getFirst(), () -> true);
    assertThat(status(acme, operation)).isEqualTo(OperationStatus.RUNNING);
    assertThat(read(acme, operation).waitingSince()).isNotNull();
    abandon(operation);

    script.work = run -> {
      assertThat(run.maybeSent()).isTrue();
      assertThat(run.agentOffset()).isEqualTo(200);
      // a server that repeats itself must not show twice
      run.output("häuser\n", 200);
      run.progress(90, "Reloading nginx", 300);
      return Map.of();
    };
    runner.run(take(1).getFirst(), () -> true);
    assertThat(log(acme, operation, 0)).isEqualTo("Making the user\nhäuser\nReloading nginx\n");
    var ended = read(acme, operation);
    assertThat(ended.status()).isEqualTo(OperationStatus.SUCCEEDED);
    assertThat(ended.waitingSince()).isNull();
    assertThat(ended.logLength()).isEqualTo("Making the user\nhäuser\nReloading nginx\n".getBytes().length);
  }

  @Test
  void eachStepIsAnnouncedToWhoeverWatchesTheSubject() {
    var site = Uuid7.next();
    var topic = Topics.subject(subject(site));
    try (var bell = live.subscribe(acme.id(), Set.of(topic));
        var stranger = live.subscribe(globex.id(),
            Set.of(topic))) {
      request(acme, new NewOperation(WORK, subject(site), null, Lane.INTERACTIVE, Map.of(), null));
      script.work = run -> {
        heard(bell);
        run.progress(30, "Making the user", 100);
        assertThat(heard(bell)).containsExactly(topic);
        return Map.of();
      };
      var claim = take(1).getFirst();
      // a node that has just begun to listen wakes everybody once
      heard(stranger);
      runner.run(claim, () -> true);
      assertThat(script.ends).containsExactly("succeeded {}");
      assertThat(heard(stranger)).isEmpty();
    }
  }

  private static Set<String> heard(Subscription bell) {
    try {
      return bell.await(Duration.ZERO);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void workThatNeverLeftThePanelIsTriedAgainVisibly() {
    var operation = request(acme, work(null, null));
    script.work = run -> {
      throw new OperationNotSent("HOST_UNREACHABLE", "web-1 does not answer", null);
    };
    runner.run(take(1).getFirst(), () -> true);
    var waiting = read(acme, operation);
    assertThat(waiting.status()).isEqualTo(OperationStatus.QUEUED);
    assertThat(waiting.errorCode()).isEqualTo("HOST_UNREACHABLE");
    assertThat(waiting.nextTryAt()).isAfter(waiting.createdAt());
    assertThat(script.ends).isEmpty();
    assertThat(take(1)).isEmpty();
  }

  @Test
  void workThatCannotBeSentIsTriedForAsLongAsItTakes() {
    var operation = request(acme, work(null, null));
    script.work = run -> {
      throw new OperationNotSent("HOST_KEY_CHANGED", "web-1 shows another key", null);
    };
    for (int i = 0; i < 20; i++) {
      administrator("update operation set next_try_at = null where id = '" + operation.id() + "'");
      runner.run(take(1).getFirst(), () -> true);
    }
    assertThat(status(acme, operation)).isEqualTo(OperationStatus.QUEUED);
    assertThat(script.ends).isEmpty();
  }

  @Test
  void whatWaitedForAServerIsDueAtOnceWhenItAnswersAgain() {
    var server = acme.server();
    var unsent = request(acme, work(server, null));
    var sent = request(acme, work(server, null));
    script.work = run -> {
      if (run.operation().id().equals(sent.id())) {
        run.sending();
        throw new OutcomeUnknown("web-1 is silent", null);
      }
      throw new OperationNotSent("HOST_UNREACHABLE", "web-1 does not answer", null);
    };
    take(2).forEach(claim -> runner.run(claim, () -> true));
    administrator("update vps_server set health_layer = 'TCP' where id = '" + server + "'");
    health.hurry(new ServerId(server));
    assertThat(take(2)).as("it does not answer yet").isEmpty();
    administrator("update vps_server set health_layer = null where id = '" + server + "'");
    health.hurry(new ServerId(server));
    assertThat(take(2)).extracting(Claim::operation).containsExactlyInAnyOrder(unsent.id(), sent.id());
  }

  @Test
  void workThatMayHaveBeenSentIsNeverCalledFailedWithoutTheServersWord() {
    var operation = request(acme, work(null, null));
    script.work = run -> {
      run.sending();
      throw new IllegalStateException("a fault of the panel");
    };
    runner.run(take(1).getFirst(), () -> true);
    assertThat(status(acme, operation)).isEqualTo(OperationStatus.RUNNING);
    abandon(operation);
    script.work = run -> {
      throw new OperationNotSent("HOST_UNREACHABLE", "web-1 does not answer", null);
    };
    runner.run(take(1).getFirst(), () -> true);
    assertThat(status(acme, operation)).isEqualTo(OperationStatus.RUNNING);
  }

  @Test
  void aDatabaseWithoutRoomMakesNothingFail() {
    var operation = request(acme, work(null, null));
    script.work = run -> {
      // as the database refuses a write when its disk is full
      jdbc.sql("do $$ begin raise 'no space left' using errcode = 'disk_full'; end $$").update();
      return Map.of();
    };
    runner.run(take(1).getFirst(), () -> true);
    assertThat(status(acme, operation)).isEqualTo(OperationStatus.RUNNING);
    assertThat(script.ends).isEmpty();
    script.work = run -> Map.of("sent before", run.maybeSent());
    abandon(operation);
    runner.run(take(1).getFirst(), () -> true);
    assertThat(status(acme, operation)).isEqualTo(OperationStatus.SUCCEEDED);
    assertThat(script.ends).containsExactly("succeeded {\"sent before\":false}");
  }

  @Test
  void aRefusalEndsItWithCodeAndSentence() {
    var operation = request(acme, work(null, null));
    script.work = run -> {
      throw new OperationRefused("DOMAIN_IN_USE", "Another site answers for shop.example", null);
    };
    runner.run(take(1).getFirst(), () -> true);
    var failed = read(acme, operation);
    assertThat(failed.status()).isEqualTo(OperationStatus.FAILED);
    assertThat(failed.errorCode()).isEqualTo("DOMAIN_IN_USE");
    assertThat(failed.finishedAt()).isNotNull();
    assertThat(script.ends).containsExactly("failed DOMAIN_IN_USE");
  }

  @Test
  void theOperationAndItsSubjectEndTogetherOrNotAtAll() {
    var operation = request(acme, work(null, null));
    script.work = run -> {
      run.sending();
      return Map.of();
    };
    script.whileEnding = new IllegalStateException("the subject cannot be saved");
    runner.run(take(1).getFirst(), () -> true);
    assertThat(status(acme, operation)).isEqualTo(OperationStatus.RUNNING);
    script.whileEnding = null;
    abandon(operation);
    runner.run(take(1).getFirst(), () -> true);
    assertThat(status(acme, operation)).isEqualTo(OperationStatus.SUCCEEDED);
    assertThat(script.ends).hasSize(1);
  }

  @Test
  void theSameKeyAsksOnceHoweverManyAskAtOnce() throws Exception {
    var wanted = new NewOperation(WORK, subject(Uuid7.next()), null, Lane.INTERACTIVE, Map.of(), "k-" + Uuid7.next());
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<OperationId>> askers = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        askers.add(() -> request(acme, wanted).id());
      }
      var ids = new ArrayList<OperationId>();
      for (var answer : threads.invokeAll(askers)) {
        ids.add(answer.get());
      }
      assertThat(ids).hasSize(10).containsOnly(ids.getFirst());
    }
    assertThat(request(globex, wanted).id()).isNotEqualTo(request(acme, wanted).id());
  }

  @Test
  void anotherTenantSeesNothingOfIt() {
    var operation = request(acme, work(null, null));
    runner.run(take(1).getFirst(), () -> true);
    assertThatThrownBy(() -> read(globex, operation)).isInstanceOf(OperationNotFound.class);
    assertThat(log(globex, operation, 0)).isEmpty();
    assertThat(TenantContext.callAs(globex.id(), () -> operations.page(null, null, null, 100))).isEmpty();
  }

  @Test
  void onlyTheHolderRenewsALease() {
    var operation = request(acme, work(null, null));
    var claim = picker.take("one", 1, upTo(10), LEASE).getFirst();
    assertThat(picker.renew("one", List.of(claim.operation()), LEASE)).containsExactly(operation.id());
    assertThat(picker.renew("two", List.of(claim.operation()), LEASE)).isEmpty();
  }

  @Test
  void aNodeThatStopsHandsOverAtOnce() {
    var operation = request(acme, work(null, null));
    picker.take("one", 1, upTo(10), LEASE);
    assertThat(picker.take("two", 1, upTo(10), LEASE)).isEmpty();
    picker.release("one");
    assertThat(picker.take("two", 1, upTo(10), LEASE)).extracting(Claim::operation).containsExactly(operation.id());
  }

  @Test
  void workThatAStoppedPanelHadSentIsAdoptedAndNotCalledFailed() throws Exception {
    stopInTheMiddle(true);
  }

  @Test
  void workThatAStoppedPanelHadNotSentIsAdoptedAndNotCalledFailed() throws Exception {
    stopInTheMiddle(false);
  }

  private void stopInTheMiddle(boolean sent) throws Exception {
    var begun = new CountDownLatch(1);
    var interrupted = new CountDownLatch(1);
    script.work = run -> {
      if (sent) {
        run.sending();
      }
      run.output("half\n", 5);
      begun.countDown();
      try {
        new CountDownLatch(1).await();
        throw new AssertionError("nobody counts");
      } catch (InterruptedException e) {
        interrupted.countDown();
        throw new IllegalStateException("the panel stops", e);
      }
    };
    var first = worker();
    first.start();
    Operation operation;
    try {
      operation = request(acme, work(null, null));
      assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
    } finally {
      first.stop();
    }
    assertThat(interrupted.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(status(acme, operation)).isEqualTo(OperationStatus.RUNNING);

    script.work = run -> {
      run.output("whole\n", 11);
      return Map.of("sent before", run.maybeSent());
    };
    var second = worker();
    second.start();
    try {
      Eventually.that(() -> status(acme, operation).ended());
    } finally {
      second.stop();
    }
    assertThat(status(acme, operation)).isEqualTo(OperationStatus.SUCCEEDED);
    assertThat(script.ends).containsExactly("succeeded {\"sent before\":" + sent + "}");
    assertThat(log(acme, operation, 0)).endsWith("whole\n");
    assertThatThrownBy(() -> read(globex, operation)).isInstanceOf(OperationNotFound.class);
  }

  private OperationWorker worker() {
    return new OperationWorker(picker, runner, bells, nodes, metrics, live,
        new WorkerProperties(true, 8, 8, 1_000, Duration.ofMinutes(5), LEASE, Duration.ofMillis(100)));
  }

  private List<Claim> take(int limit) {
    return picker.take("node", limit, upTo(100), LEASE);
  }

  private Operation request(Tenants tenant, NewOperation wanted) {
    return TenantContext.callAs(tenant.id(),
        () -> java.util.Objects.requireNonNull(transaction.execute(s -> operations.request(wanted, Actor.PANEL))));
  }

  private Operation read(Tenants tenant, Operation operation) {
    return TenantContext.callAs(tenant.id(), () -> operations.get(operation.id()));
  }

  private OperationStatus status(Tenants tenant, Operation operation) {
    return read(tenant, operation).status();
  }

  private String log(Tenants tenant, Operation operation, long from) {
    var text = new StringBuilder();
    TenantContext.callAs(tenant.id(), () -> operations.log(operation.id(), from, 1_000))
        .forEach(piece -> text.append(piece.text()));
    return text.toString();
  }

  private static NewOperation work(@Nullable UUID server, @Nullable String key) {
    return new NewOperation(WORK, subject(Uuid7.next()), server, Lane.INTERACTIVE, Map.of("a", 1), key);
  }

  private static Subject subject(UUID id) {
    return new Subject("site", id, "shop.example");
  }

  private static void abandon(Operation operation) {
    administrator("update operation set lease_expires_at = now() - interval '1 second' where id = '" + operation.id()
        + "'");
  }

  private static void administrator(String sql) {
    try (var connection = RealServices.asAdministrator(); var statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Limits upTo(int perServer) {
    return new Limits(perServer, 1_000, Duration.ofMinutes(5));
  }
}
