package io.chom.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.live.LiveEvents;
import io.chom.operations.Claim;
import io.chom.operations.Lane;
import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.OperationId;
import io.chom.operations.OperationRunner;
import io.chom.operations.OperationType;
import io.chom.operations.Operations;
import io.chom.operations.Place;
import io.chom.operations.Place.Reason;
import io.chom.operations.Subject;
import io.chom.queue.BellRinging;
import io.chom.ssh.Eventually;
import io.chom.tenancy.TenantContext;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Import;
import org.springframework.transaction.support.TransactionTemplate;

/** Who is taken before whom. Nothing here is timed: jobs end when the test lets them, and their order is what counts. */
@ExtendWith(RealServices.class)
@SpringBootTest(properties = "chom.worker.enabled=false")
@Import(OperationQueueTest.Scripted.class)
class FairnessTest {
  private static final Duration LEASE = Duration.ofMinutes(1);
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final OperationType WORK = new OperationType("test.work");

  @Autowired
  Operations operations;
  @Autowired
  OperationPicker picker;
  @Autowired
  OperationRunner runner;
  @Autowired
  BellRinging bells;
  @Autowired
  LiveEvents live;
  @Autowired
  WorkerNodes nodes;
  @Autowired
  QueueMetrics metrics;
  @Autowired
  TransactionTemplate transaction;
  @Autowired
  OperationQueueTest.Script script;
  final Tenants acme = Tenants.acme();
  final Tenants globex = Tenants.globex();

  @BeforeEach
  void nothingElseIsDue() {
    RealServices.asAdministrator("update operation set status = 'CANCELLED', lease_owner = null,"
        + " lease_expires_at = null where status in ('QUEUED', 'RUNNING', 'CANCELLING'); delete from worker_node");
    script.ends.clear();
    script.whileEnding = null;
    script.repeatable = false;
    script.work = run -> Map.of();
  }

  /** Two nodes with three places each; jobs wait inside until they are let go, one by one. */
  private final class Work implements AutoCloseable {
    final List<Operation> started = new CopyOnWriteArrayList<>();
    final List<Integer> atOnce = new CopyOnWriteArrayList<>();
    private final Semaphore mayEnd = new Semaphore(0);
    private final List<OperationWorker> workers;

    Work(int perNode, int perServer, int perTenant) {
      script.work = run -> {
        started.add(run.operation());
        atOnce.add(started.size() - script.ends.size());
        mayEnd.acquireUninterruptibly();
        return Map.of();
      };
      var properties = new WorkerProperties(true, perNode, perServer, perTenant, PATIENCE, LEASE,
          Duration.ofMillis(50));
      workers = List.of(new OperationWorker(picker, runner, bells, nodes, metrics, live, properties),
          new OperationWorker(picker, runner, bells, nodes, metrics, live, properties));
    }

    void start() {
      workers.forEach(OperationWorker::start);
    }

    void letOneEnd() {
      mayEnd.release();
    }

    @Override
    public void close() {
      mayEnd.release(1_000_000);
      RealServices.asAdministrator("update operation set status = 'CANCELLED' where status = 'QUEUED'");
      workers.forEach(OperationWorker::stop);
    }
  }

  @Test
  void aThousandOfOneTenantDelayAnothersOneByNoMoreThanOneJob() {
    var server = acme.sharedServer();
    RealServices.asAdministrator("insert into operation (tenant_id, type, subject_kind, subject_id, subject_label,"
        + " server_id, requested_label, payload) select '" + acme.id() + "', 'test.work', 'site', gen_random_uuid(),"
        + " 'shop.example', '" + server + "', 'test', '{}' from generate_series(1, 1000)");
    try (var work = new Work(3, 64, 1_000)) {
      work.start();
      Eventually.that(() -> work.started.size() == 6);
      var one = request(globex, server, Lane.INTERACTIVE);
      work.letOneEnd();
      Eventually.that(() -> work.started.size() == 7);
      assertThat(work.started.getLast().id()).as("the first place that got free is its").isEqualTo(one.id());
    }
  }

  @Test
  void onOneServerTooTheFirstOfATenantGoesBeforeTheNextOfAnother() {
    var server = acme.sharedServer();
    for (int i = 0; i < 20; i++) {
      request(acme, server, Lane.INTERACTIVE);
    }
    var limits = new Limits(2, 1_000, PATIENCE);
    var running = picker.take("one", 10, limits, LEASE);
    assertThat(running).hasSize(2);
    var one = request(globex, server, Lane.INTERACTIVE);
    assertThat(picker.take("two", 10, limits, LEASE)).as("the server is full").isEmpty();
    runner.run(running.getFirst(), () -> true);
    assertThat(picker.take("two", 10, limits, LEASE)).extracting(Claim::operation).containsExactly(one.id());
  }

  @Test
  void clocksLeaveOnePlaceOfAServerToPeople() {
    var server = acme.sharedServer();
    for (int i = 0; i < 6; i++) {
      request(i % 2 == 0 ? acme : globex, server, Lane.SCHEDULED);
    }
    RealServices.asAdministrator("update operation set created_at = now() - interval '1 day' where status = 'QUEUED'");
    var limits = new Limits(3, 1_000, PATIENCE);
    assertThat(picker.take("one", 10, limits, LEASE)).hasSize(2);
    assertThat(picker.take("two", 10, limits, LEASE)).as("by no other node either").isEmpty();
    var person = request(globex, server, Lane.INTERACTIVE);
    assertThat(picker.take("two", 10, limits, LEASE)).extracting(Claim::operation).containsExactly(person.id());
    assertThat(places(acme).values()).as("two of six run, and who runs has no place").hasSize(2)
        .extracting(Place::reason).containsOnly(Reason.SERVER);
  }

  @Test
  void aServerWithOnePlaceGivesItToClocksToo() {
    var server = acme.sharedServer();
    request(acme, server, Lane.SCHEDULED);
    request(acme, server, Lane.SCHEDULED);
    assertThat(picker.take("one", 10, new Limits(1, 1_000, PATIENCE), LEASE)).hasSize(1);
  }

  @Test
  void noNodeCarriesMoreThanItMay() {
    for (int i = 0; i < 20; i++) {
      request(acme, null, Lane.INTERACTIVE);
    }
    try (var work = new Work(3, 64, 1_000)) {
      work.start();
      for (int i = 0; i < 20; i++) {
        work.letOneEnd();
      }
      Eventually.that(() -> work.started.size() == 20);
      assertThat(work.atOnce).as("two nodes with three places").allMatch(now -> now <= 6);
    }
  }

  @Test
  void noTenantRunsMoreThanItMayWhileOthersGoOn() {
    for (int i = 0; i < 10; i++) {
      request(acme, null, Lane.INTERACTIVE);
    }
    var other = request(globex, null, Lane.INTERACTIVE);
    var limits = new Limits(64, 3, PATIENCE);
    assertThat(picker.take("one", 20, limits, LEASE)).hasSize(4).extracting(Claim::operation).contains(other.id());
    assertThat(picker.take("two", 20, limits, LEASE)).as("by no other node either").isEmpty();
  }

  @Test
  void whatCannotRunNowHoldsNothingElseOfItsTenantBack() {
    var full = Uuid7.next();
    for (int i = 0; i < 10; i++) {
      request(acme, full, Lane.INTERACTIVE);
    }
    var elsewhere = request(acme, Uuid7.next(), Lane.INTERACTIVE);
    var limits = new Limits(1, 2, PATIENCE);
    assertThat(picker.take("one", 20, limits, LEASE)).hasSize(2).extracting(Claim::operation).contains(elsewhere.id());
  }

  @Test
  void aSilentServerUsesUpNothingOfItsTenants() {
    for (int i = 0; i < 3; i++) {
      request(acme, Uuid7.next(), Lane.INTERACTIVE);
    }
    var limits = new Limits(1, 2, PATIENCE);
    script.work = run -> {
      run.sending();
      throw new io.chom.operations.OutcomeUnknown("web-1 is silent", null);
    };
    var first = picker.take("one", 20, limits, LEASE);
    assertThat(first).hasSize(2);
    first.forEach(claim -> runner.run(claim, () -> true));
    RealServices.asAdministrator("update operation set lease_expires_at = now() + interval '1 hour'"
        + " where waiting_since is not null and status = 'RUNNING'");
    assertThat(picker.take("one", 20, limits, LEASE)).hasSize(1);
  }

  @Test
  void aClocksJobLetsPeoplesGoFirstButNotForEver() {
    var patient = request(acme, null, Lane.SCHEDULED);
    var limits = new Limits(64, 1_000, PATIENCE);
    for (int i = 0; i < 30; i++) {
      request(globex, null, Lane.INTERACTIVE);
    }
    for (int i = 0; i < 5; i++) {
      request(acme, null, Lane.INTERACTIVE);
      assertThat(takeOne(limits)).as("people keep coming").isNotEqualTo(patient.id());
    }
    RealServices.asAdministrator("update operation set created_at = created_at - interval '6 minutes' where id = '"
        + patient.id() + "'");
    assertThat(takeOne(limits)).as("its patience is over").isEqualTo(patient.id());
  }

  @Test
  void withoutPeopleAClocksJobWaitsForNothing() {
    var byClock = request(acme, null, Lane.SCHEDULED);
    assertThat(takeOne(new Limits(64, 1_000, PATIENCE))).isEqualTo(byClock.id());
  }

  @Test
  void thePlaceInLineIsTheOrderInWhichTheyAreTaken() {
    var mine = new ArrayList<Operation>();
    for (int i = 0; i < 6; i++) {
      mine.add(request(acme, null, i % 2 == 0 ? Lane.INTERACTIVE : Lane.SCHEDULED));
    }
    var theirs = List.of(request(globex, null, Lane.INTERACTIVE), request(globex, null, Lane.INTERACTIVE));
    var said = new java.util.TreeMap<Long, OperationId>();
    mine.forEach(one -> said.put(place(acme, one).number(), one.id()));
    theirs.forEach(one -> said.put(place(globex, one).number(), one.id()));
    assertThat(said.keySet()).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L);
    var taken = new ArrayList<OperationId>();
    for (int i = 0; i < 8; i++) {
      taken.addAll(
          picker.take("node", 1, new Limits(64, 1_000, PATIENCE), LEASE).stream().map(Claim::operation).toList());
    }
    assertThat(taken.subList(0, 2)).containsExactlyElementsOf(List.copyOf(said.values()).subList(0, 2));
    assertThat(taken).doesNotHaveDuplicates().hasSize(8);
    assertThat(taken.indexOf(mine.get(1).id())).as("a clock's after people's")
        .isGreaterThan(taken.indexOf(theirs.getLast().id()));
  }

  @Test
  void aPlaceIsOnlyToldToWhomItBelongs() {
    var mine = request(acme, null, Lane.INTERACTIVE);
    request(globex, null, Lane.INTERACTIVE);
    assertThat(places(acme)).containsOnlyKeys(mine.id());
    assertThat(TenantContext.callAs(globex.id(), () -> operations.place(mine))).isEmpty();
  }

  @Test
  void whoWaitsIsToldForWhat() {
    var server = Uuid7.next();
    RealServices.asAdministrator("insert into worker_node (id, host, version, places, per_server, per_tenant,"
        + " patience_seconds) values ('limits', 'a', '1', 8, 1, 2, 300)");
    var first = request(acme, server, Lane.INTERACTIVE);
    picker.take("node", 1, new Limits(1, 2, PATIENCE), LEASE);
    assertThat(TenantContext.callAs(acme.id(), () -> operations.place(read(first)))).as("it runs").isEmpty();
    assertThat(place(acme, request(acme, server, Lane.INTERACTIVE))).isEqualTo(new Place(Reason.SERVER, 1));
    assertThat(place(acme, request(acme, server, Lane.INTERACTIVE))).isEqualTo(new Place(Reason.SERVER, 2));
    assertThat(place(acme, request(acme, null, Lane.INTERACTIVE))).isEqualTo(new Place(Reason.LINE, 1));
    assertThat(place(acme, request(acme, null, Lane.INTERACTIVE))).isEqualTo(new Place(Reason.TENANT, 1));
    var sameThing = TenantContext.callAs(acme.id(), () -> transaction.execute(s -> operations
        .request(NewOperation.interactive(WORK, first.subject(), null, Map.of()), Actor.PANEL)));
    assertThat(place(acme, Objects.requireNonNull(sameThing)).reason()).isEqualTo(Reason.SUBJECT);
  }

  private OperationId takeOne(Limits limits) {
    return picker.take("node", 1, limits, LEASE).getFirst().operation();
  }

  private Place place(Tenants tenant, Operation operation) {
    return TenantContext.callAs(tenant.id(), () -> operations.place(operation)).orElseThrow();
  }

  private Map<OperationId, Place> places(Tenants tenant) {
    return TenantContext.callAs(tenant.id(), () -> operations.places(operations.unfinished(100)));
  }

  private Operation read(Operation operation) {
    return TenantContext.callAs(acme.id(), () -> operations.get(operation.id()));
  }

  private Operation request(Tenants tenant, @Nullable UUID server, Lane lane) {
    var wanted = new NewOperation(WORK, new Subject("site", Uuid7.next(), "shop.example"), server, lane, Map.of(),
        null);
    return TenantContext.callAs(tenant.id(),
        () -> Objects.requireNonNull(transaction.execute(s -> operations.request(wanted, Actor.PANEL))));
  }
}
