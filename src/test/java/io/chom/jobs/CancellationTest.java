package io.chom.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.jobs.OperationQueueTest.Script;
import io.chom.operations.Cancellation;
import io.chom.operations.Claim;
import io.chom.operations.Lane;
import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.OperationNotCancellable;
import io.chom.operations.OperationNotFound;
import io.chom.operations.OperationRefused;
import io.chom.operations.OperationRun;
import io.chom.operations.OperationRunner;
import io.chom.operations.OperationStatus;
import io.chom.operations.OperationType;
import io.chom.operations.Operations;
import io.chom.operations.OutcomeUnknown;
import io.chom.operations.Subject;
import io.chom.tenancy.TenantContext;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Import;
import org.springframework.transaction.support.TransactionTemplate;

/** What was asked for is taken back, before, while and after it is carried out. */
@ExtendWith(RealServices.class)
@SpringBootTest(properties = "chom.worker.enabled=false")
@Import(OperationQueueTest.Scripted.class)
class CancellationTest {
  private static final Duration LEASE = Duration.ofMinutes(1);

  @Autowired
  Operations operations;
  @Autowired
  Cancellation cancellation;
  @Autowired
  OperationPicker picker;
  @Autowired
  OperationRunner runner;
  @Autowired
  TransactionTemplate transaction;
  @Autowired
  Script script;
  final Tenants acme = Tenants.acme();
  final Tenants globex = Tenants.globex();

  @BeforeEach
  void nothingElseIsDue() {
    RealServices.asAdministrator("update operation set status = 'CANCELLED', lease_owner = null,"
        + " lease_expires_at = null where status in ('QUEUED', 'RUNNING', 'CANCELLING')");
    script.ends.clear();
    script.work = run -> Map.of();
    script.stop = run -> List.of();
    script.whileEnding = null;
  }

  @Test
  void whatWaitsIsCancelledAtOnceAndNeverCarriedOut() {
    var operation = request();
    assertThat(cancel(operation).status()).isEqualTo(OperationStatus.CANCELLED);
    assertThat(cancel(operation).status()).as("once more").isEqualTo(OperationStatus.CANCELLED);
    assertThat(picker.take("node", 10, upTo(100), LEASE)).isEmpty();
    assertThat(script.ends).containsExactly("cancelled before it began");
    assertThat(read(operation).finishedAt()).isNotNull();
  }

  @Test
  void whatWaitsToBeTriedAgainIsCancelledToo() {
    var operation = request();
    script.work = run -> {
      throw new io.chom.operations.OperationNotSent("HOST_UNREACHABLE", "web-1 does not answer", null);
    };
    run(take());
    assertThat(cancel(operation).status()).isEqualTo(OperationStatus.CANCELLED);
    assertThat(read(operation).errorCode()).isNull();
  }

  @Test
  void nobodyCancelsWhatIsAnotherTenants() {
    var operation = request();
    assertThatThrownBy(() -> TenantContext.callAs(globex.id(), () -> cancellation.cancel(operation.id(), Actor.PANEL)))
        .isInstanceOf(OperationNotFound.class);
    assertThat(read(operation).status()).isEqualTo(OperationStatus.QUEUED);
  }

  @Test
  void whatIsOverStaysWhatItIs() {
    var operation = request();
    run(take());
    assertThatThrownBy(() -> cancel(operation)).isInstanceOf(OperationNotCancellable.class)
        .hasMessageContaining("SUCCEEDED");
    assertThat(read(operation).status()).isEqualTo(OperationStatus.SUCCEEDED);
  }

  @Test
  void whatHasNotLeftThePanelNeverLeavesIt() {
    var operation = request();
    script.work = run -> {
      assertThat(cancel(operation).status()).isEqualTo(OperationStatus.CANCELLING);
      run.sending();
      throw new AssertionError("it was sent");
    };
    script.stop = run -> {
      throw new OutcomeUnknown("the server never heard of it", null);
    };
    run(take());
    assertThat(read(operation).status()).isEqualTo(OperationStatus.CANCELLED);
    assertThat(script.ends).containsExactly("cancelled before it began");
  }

  @Test
  void whatRunsIsStoppedAndSaysWhatItLeftBehind() {
    var operation = request();
    var stopped = new CountDownLatch(1);
    script.work = run -> stoppedBy(stopped, run, operation);
    script.stop = run -> {
      stopped.countDown();
      return List.of("user:s200001", "home:/srv/chom/sites/s200001");
    };
    run(take());
    var cancelled = read(operation);
    assertThat(cancelled.status()).isEqualTo(OperationStatus.CANCELLED);
    assertThat(cancelled.leftBehind()).containsExactly("user:s200001", "home:/srv/chom/sites/s200001");
    assertThat(script.ends).containsExactly("cancelled half-way");
  }

  private Map<String, Object> stoppedBy(CountDownLatch stopped, OperationRun run, Operation operation) {
    run.sending();
    cancel(operation);
    try {
      assertThat(stopped.await(30, TimeUnit.SECONDS)).as("it was stopped").isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    throw new OperationRefused("OPERATION_CANCELLED", "the operation was cancelled", null);
  }

  @Test
  void workThatNeverArrivedIsForbiddenAndNothingHasHappened() {
    var operation = request();
    script.work = run -> {
      run.sending();
      cancel(operation);
      throw new OperationRefused("OPERATION_SEALED", "the panel has given this operation up", null);
    };
    run(take());
    assertThat(read(operation).status()).isEqualTo(OperationStatus.CANCELLED);
    assertThat(script.ends).containsExactly("cancelled before it began");
  }

  @Test
  void workThatEndedFirstIsWhatItBecame() {
    var operation = request();
    script.work = run -> {
      run.sending();
      cancel(operation);
      return Map.of("made", true);
    };
    run(take());
    assertThat(read(operation).status()).isEqualTo(OperationStatus.SUCCEEDED);
    assertThat(script.ends).containsExactly("succeeded {\"made\":true}");
  }

  @Test
  void aSilentServerIsAskedAgainWhenItIsBackByWhoeverAdoptsIt() {
    var operation = request();
    script.work = run -> {
      run.sending();
      cancel(operation);
      throw new OutcomeUnknown("the link was cut", null);
    };
    script.stop = run -> {
      throw new OutcomeUnknown("the link was cut", null);
    };
    run(take());
    var waiting = read(operation);
    assertThat(waiting.status()).isEqualTo(OperationStatus.CANCELLING);
    assertThat(waiting.waitingSince()).isNotNull();
    assertThat(script.ends).isEmpty();

    RealServices.asAdministrator("update operation set lease_expires_at = now() - interval '1 second' where id = '"
        + operation.id() + "'");
    var stopped = new CountDownLatch(1);
    script.work = run -> stoppedBy(stopped, run, operation);
    script.stop = run -> {
      stopped.countDown();
      return List.of("vhost:/etc/nginx/chom/s1.conf");
    };
    run(take());
    assertThat(read(operation).status()).isEqualTo(OperationStatus.CANCELLED);
    assertThat(read(operation).leftBehind()).containsExactly("vhost:/etc/nginx/chom/s1.conf");
  }

  @Test
  void whatNobodyHoldsAtThisMomentIsDueAtOnce() {
    var operation = request();
    script.work = run -> {
      run.sending();
      throw new OutcomeUnknown("the link was cut", null);
    };
    run(take());
    assertThat(picker.take("node", 10, upTo(100), LEASE)).isEmpty();
    assertThat(cancel(operation).status()).isEqualTo(OperationStatus.CANCELLING);
    assertThat(take().operation()).isEqualTo(operation.id());
  }

  @Test
  void manyWhoCancelAndOneWhoPicksAgreeOnOneEnd() throws Exception {
    for (int round = 0; round < 10; round++) {
      script.ends.clear();
      var operation = request();
      var stopped = new CountDownLatch(1);
      script.work = run -> stoppedBy(stopped, run, operation);
      script.stop = run -> {
        stopped.countDown();
        return List.of();
      };
      try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Callable<Object>> all = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
          all.add(() -> cancel(operation).status());
        }
        all.add(() -> {
          picker.take("node", 1, upTo(100), LEASE).forEach(this::run);
          return true;
        });
        for (var one : threads.invokeAll(all)) {
          one.get();
        }
      }
      assertThat(read(operation).status()).isEqualTo(OperationStatus.CANCELLED);
      assertThat(script.ends).hasSize(1);
    }
  }

  @Test
  void onlyWhatWaitsForASilentServerIsGivenUp() {
    var operation = request();
    assertThatThrownBy(() -> giveUp(operation)).isInstanceOf(OperationNotCancellable.class);
    script.work = run -> {
      run.sending();
      throw new OutcomeUnknown("the link was cut", null);
    };
    run(take());
    assertThatThrownBy(() -> TenantContext.callAs(globex.id(), () -> cancellation.giveUp(operation.id(), Actor.PANEL)))
        .isInstanceOf(OperationNotFound.class);
    var ended = giveUp(operation);
    assertThat(ended.status()).isEqualTo(OperationStatus.FAILED);
    assertThat(ended.errorCode()).isEqualTo("OUTCOME_UNKNOWN");
    assertThat(script.ends).containsExactly("failed OUTCOME_UNKNOWN");
    assertThatThrownBy(() -> giveUp(operation)).isInstanceOf(OperationNotCancellable.class);
  }

  @Test
  void whoeverStillWorksOnWhatWasGivenUpChangesNothingMore() {
    var operation = request();
    script.work = run -> {
      run.sending();
      throw new OutcomeUnknown("the link was cut", null);
    };
    run(take());
    RealServices.asAdministrator("update operation set lease_expires_at = now() - interval '1 second' where id = '"
        + operation.id() + "'");
    script.work = run -> {
      giveUp(operation);
      return Map.of("late", true);
    };
    run(take());
    assertThat(read(operation).errorCode()).isEqualTo("OUTCOME_UNKNOWN");
    assertThat(script.ends).containsExactly("failed OUTCOME_UNKNOWN");
  }

  private Operation giveUp(Operation operation) {
    return TenantContext.callAs(acme.id(), () -> cancellation.giveUp(operation.id(), Actor.PANEL));
  }

  private Operation request() {
    var wanted = new NewOperation(new OperationType("test.work"), new Subject("site", Uuid7.next(), "shop.example"),
        null,
        Lane.INTERACTIVE, Map.of(), null);
    return TenantContext.callAs(acme.id(),
        () -> Objects.requireNonNull(transaction.execute(_ -> operations.request(wanted, Actor.PANEL))));
  }

  private Claim take() {
    return picker.take("node", 1, upTo(100), LEASE).getFirst();
  }

  private void run(Claim claim) {
    runner.run(claim, () -> true);
  }

  private Operation cancel(Operation operation) {
    return TenantContext.callAs(acme.id(), () -> cancellation.cancel(operation.id(), Actor.PANEL));
  }

  private Operation read(Operation operation) {
    return TenantContext.callAs(acme.id(), () -> operations.get(operation.id()));
  }

  private static Limits upTo(int perServer) {
    return new Limits(perServer, 1_000, Duration.ofMinutes(5));
  }
}
