package io.chom.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.common.Actor;
import io.chom.common.UserId;
import io.chom.common.Uuid7;
import io.chom.live.LiveEvents;
import io.chom.operations.Claim;
import io.chom.operations.Lane;
import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.OperationRunner;
import io.chom.operations.OperationType;
import io.chom.operations.Operations;
import io.chom.operations.Place.Reason;
import io.chom.operations.Queue;
import io.chom.operations.QueueScope;
import io.chom.operations.QueueView;
import io.chom.operations.Subject;
import io.chom.operations.WorkerNotFound;
import io.chom.queue.BellRinging;
import io.chom.ssh.Eventually;
import io.chom.tenancy.TenantContext;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Import;
import org.springframework.transaction.support.TransactionTemplate;

/** What an operator pauses waits, and nothing that was begun is held back by it. */
@ExtendWith(RealServices.class)
@SpringBootTest(properties = "chom.worker.enabled=false")
@Import(OperationQueueTest.Scripted.class)
class QueueSteeringTest {
  private static final Duration LEASE = Duration.ofMinutes(1);
  private static final Limits LIMITS = new Limits(64, 1_000, Duration.ofMinutes(5));
  private static final OperationType WORK = new OperationType("test.work");

  @Autowired
  Operations operations;
  @Autowired
  Queue queue;
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
  MeterRegistry registry;
  @Autowired
  TransactionTemplate transaction;
  @Autowired
  OperationQueueTest.Script script;
  final Tenants acme = Tenants.acme();
  final UserId person = Tenants.operator().id();
  final Actor operator = new Actor(person, "operator@platform.example");

  @BeforeEach
  void nothingElseIsDue() {
    RealServices.asAdministrator("update operation set status = 'CANCELLED', lease_owner = null,"
        + " lease_expires_at = null where status in ('QUEUED', 'RUNNING', 'CANCELLING'); delete from queue_pause;"
        + " delete from worker_node");
    script.ends.clear();
    script.whileEnding = null;
    script.repeatable = false;
    script.work = run -> Map.of();
  }

  @Test
  void aPausedQueueGivesNothingNewAndEndsWhatWasBegun() {
    var begun = request(null, Lane.INTERACTIVE);
    picker.take("one", 1, LIMITS, LEASE);
    var waiting = request(null, Lane.INTERACTIVE);
    queue.pause(QueueScope.ALL, "", operator);
    assertThat(take()).isEmpty();
    assertThat(reason(waiting)).isEqualTo(Reason.PAUSED);
    RealServices.asAdministrator("update operation set lease_expires_at = now() - interval '1 second' where id = '"
        + begun.id() + "'");
    assertThat(take()).as("what a node left is adopted").extracting(Claim::operation).containsExactly(begun.id());
    queue.resume(QueueScope.ALL, operator);
    assertThat(take()).extracting(Claim::operation).containsExactly(waiting.id());
    queue.resume(QueueScope.ALL, operator);
  }

  @Test
  void aLaneOrAServerIsPausedAlone() {
    var server = acme.sharedServer();
    var there = request(server, Lane.INTERACTIVE);
    var byClock = request(null, Lane.SCHEDULED);
    var other = request(null, Lane.INTERACTIVE);
    queue.pause(QueueScope.server(server), "new disks", operator);
    queue.pause(QueueScope.of(Lane.SCHEDULED), "", operator);
    assertThat(take()).extracting(Claim::operation).containsExactly(other.id());
    queue.resume(QueueScope.of(Lane.SCHEDULED), operator);
    assertThat(take()).extracting(Claim::operation).containsExactly(byClock.id());
    assertThat(queue.pauses(person)).singleElement().satisfies(pause -> {
      assertThat(pause.name()).isEqualTo("web-1");
      assertThat(pause.reason()).isEqualTo("new disks");
      assertThat(pause.by()).isEqualTo(operator.label());
    });
    queue.resume(QueueScope.server(server), operator);
    assertThat(take()).extracting(Claim::operation).containsExactly(there.id());
  }

  @Test
  void aNodeThatDrainsTakesNothingNewEndsWhatItHasAndIsSeen() {
    var mayEnd = new Semaphore(0);
    script.work = run -> {
      mayEnd.acquireUninterruptibly();
      return Map.of();
    };
    var worker = new OperationWorker(picker, runner, bells, nodes, metrics, live, new WorkerProperties(true, 4, 64, 64,
        Duration.ofMinutes(5), LEASE, Duration.ofMillis(50)));
    worker.start();
    try {
      var begun = request(null, Lane.INTERACTIVE);
      Eventually.that(() -> runningOn(begun) != null && queue.now(person).nodes().size() == 1);
      var node = Objects.requireNonNull(runningOn(begun));
      queue.drain(node, operator);
      queue.drain(node, operator);
      assertThat(queue.now(person).nodes()).singleElement().satisfies(one -> {
        assertThat(one.drainingSince()).isNotNull();
        assertThat(one.drainedBy()).isEqualTo(operator.label());
      });
      var later = request(null, Lane.INTERACTIVE);
      mayEnd.release(2);
      Eventually.that(() -> script.ends.size() == 1);
      assertThat(take()).as("any other node takes it").extracting(Claim::operation).containsExactly(later.id());
      queue.undrain(node, operator);
      assertThat(queue.now(person).nodes()).singleElement().satisfies(one -> assertThat(one.drainingSince()).isNull());
    } finally {
      mayEnd.release(100);
      worker.stop();
    }
    assertThat(queue.now(person).nodes()).as("one that stopped is gone").isEmpty();
    assertThatThrownBy(() -> queue.drain("nobody", operator)).isInstanceOf(WorkerNotFound.class);
  }

  @Test
  void theQueueIsCountedByLaneServerAndTenant() {
    var server = acme.sharedServer();
    var globex = Tenants.globex();
    request(server, Lane.INTERACTIVE);
    request(null, Lane.SCHEDULED);
    TenantContext.runAs(globex.id(), () -> transaction.executeWithoutResult(s -> operations.request(NewOperation
        .interactive(WORK, new Subject("site", Uuid7.next(), "g.example"), server, Map.of()), Actor.PANEL)));
    picker.take("one", 1, LIMITS, LEASE);
    var now = queue.now(person);
    assertThat(now.all().waiting()).isEqualTo(2);
    assertThat(now.all().running()).isEqualTo(1);
    assertThat(now.servers()).filteredOn(share -> server.toString().equals(share.key())).singleElement()
        .satisfies(share -> assertThat(share.waiting() + share.running()).isEqualTo(2));
    assertThat(now.tenants()).extracting(QueueView.Share::key).containsExactlyInAnyOrder(acme.id().toString(),
        globex.id().toString());
    assertThat(now.running()).singleElement().satisfies(entry -> {
      assertThat(entry.owner()).isEqualTo("one");
      assertThat(entry.leaseUntil()).isNotNull();
      assertThat(entry.place()).isNull();
    });
    assertThat(now.waiting()).allSatisfy(entry -> assertThat(entry.place()).isNotNull());
    assertThat(queue.now(acme.owner().id()).waiting()).as("nobody else's business").isEmpty();
  }

  @Test
  void theQueueIsMeasuredByLane() {
    request(null, Lane.SCHEDULED);
    request(null, Lane.SCHEDULED);
    RealServices.asAdministrator("update operation set created_at = now() - interval '1 hour' where status = 'QUEUED'");
    request(null, Lane.INTERACTIVE);
    metrics.look();
    assertThat(registry.get("chom.queue.depth").tag("lane", "scheduled").gauge().value()).isEqualTo(2);
    assertThat(registry.get("chom.queue.depth").tag("lane", "interactive").gauge().value()).isEqualTo(1);
    assertThat(registry.get("chom.queue.age").tag("lane", "scheduled").gauge().value()).isGreaterThanOrEqualTo(3_600);
    var claim = take().getFirst();
    runner.run(claim, () -> true);
    assertThat(registry.get("chom.operations").tag("type", "test.work").tag("outcome", "succeeded").timer().count())
        .isPositive();
    assertThat(registry.get("chom.operation.attempts").tag("type", "test.work").tag("adopted", "false").counter()
        .count()).isPositive();
  }

  private @Nullable String runningOn(Operation operation) {
    return queue.now(person).running().stream().filter(entry -> entry.id().equals(operation.id()))
        .map(QueueView.Entry::owner).filter(Objects::nonNull).findFirst().orElse(null);
  }

  private Reason reason(Operation operation) {
    return TenantContext.callAs(acme.id(), () -> operations.place(operation)).orElseThrow().reason();
  }

  private List<Claim> take() {
    return picker.take("two", 10, LIMITS, LEASE);
  }

  private Operation request(@Nullable UUID server, Lane lane) {
    var wanted = new NewOperation(WORK, new Subject("site", Uuid7.next(), "shop.example"), server, lane, Map.of(),
        null);
    return TenantContext.callAs(acme.id(),
        () -> Objects.requireNonNull(transaction.execute(s -> operations.request(wanted, Actor.PANEL))));
  }
}
