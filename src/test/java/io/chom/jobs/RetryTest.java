package io.chom.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.audit.Audit;
import io.chom.audit.AuditEvent;
import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.operations.Cancellation;
import io.chom.operations.Claim;
import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.OperationId;
import io.chom.operations.OperationNotFound;
import io.chom.operations.OperationNotRepeatable;
import io.chom.operations.OperationNotSent;
import io.chom.operations.OperationRefused;
import io.chom.operations.OperationRunner;
import io.chom.operations.OperationStatus;
import io.chom.operations.OperationType;
import io.chom.operations.Operations;
import io.chom.operations.Retries;
import io.chom.operations.Subject;
import io.chom.tenancy.TenantContext;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Import;
import org.springframework.transaction.support.TransactionTemplate;

/** What failed is tried again: by itself where its reason passes, and by a person who asks for it. */
@ExtendWith(RealServices.class)
@SpringBootTest(properties = "chom.worker.enabled=false")
@Import(OperationQueueTest.Scripted.class)
class RetryTest {
  private static final Duration LEASE = Duration.ofMinutes(1);
  private static final OperationType WORK = new OperationType("test.work");

  @Autowired
  Operations operations;
  @Autowired
  Retries retries;
  @Autowired
  Cancellation cancellation;
  @Autowired
  Audit audit;
  @Autowired
  OperationPicker picker;
  @Autowired
  OperationRunner runner;
  @Autowired
  TransactionTemplate transaction;
  @Autowired
  OperationQueueTest.Script script;
  final Tenants acme = Tenants.acme();
  final Tenants globex = Tenants.globex();

  @BeforeEach
  void nothingElseIsDue() {
    RealServices.asAdministrator("update operation set status = 'CANCELLED', lease_owner = null,"
        + " lease_expires_at = null where status in ('QUEUED', 'RUNNING', 'CANCELLING')");
    script.ends.clear();
    script.whileEnding = null;
    script.repeatable = true;
    script.work = run -> Map.of();
    script.stop = run -> List.of();
  }

  @Test
  void whatFailedForAPassingReasonIsTriedAgainVisiblyUnderAnIdOfItsOwn() {
    var operation = request();
    var sent = new ArrayList<UUID>();
    script.work = run -> {
      assertThat(run.maybeSent()).as("this server never heard of this try").isFalse();
      assertThat(run.agentOffset()).isZero();
      run.sending();
      sent.add(run.operation().sentAs());
      run.progress(40, "Making the user", 100);
      throw busy();
    };
    run();
    var waiting = read(operation);
    assertThat(waiting.status()).isEqualTo(OperationStatus.QUEUED);
    assertThat(waiting.errorCode()).isEqualTo("BUSY");
    assertThat(waiting.nextTryAt()).isAfter(waiting.createdAt());
    assertThat(waiting.tries()).isEqualTo(2);
    assertThat(waiting.triesAllowed()).isEqualTo(8);
    assertThat(script.ends).isEmpty();
    assertThat(take()).as("not before its time").isEmpty();

    hurry(operation);
    script.work = run -> {
      assertThat(run.maybeSent()).isFalse();
      run.sending();
      sent.add(run.operation().sentAs());
      run.progress(80, "Reloading nginx", 100);
      return Map.of();
    };
    run();
    assertThat(read(operation).status()).isEqualTo(OperationStatus.SUCCEEDED);
    assertThat(read(operation).errorCode()).isNull();
    assertThat(sent).doesNotHaveDuplicates().hasSize(2).first().isEqualTo(operation.id().value());
    assertThat(log(operation))
        .isEqualTo("Making the user\nAttempt 1 failed: another change holds the lock\nReloading nginx\n");
    assertThat(script.ends).containsExactly("succeeded {}");
  }

  @Test
  void eachTryHasAnIdThatNamesItsOperation() {
    var operation = request();
    var sent = new HashSet<UUID>();
    script.work = run -> {
      run.sending();
      sent.add(run.operation().sentAs());
      throw busy();
    };
    for (int i = 0; i < 8; i++) {
      hurry(operation);
      run();
    }
    assertThat(sent).hasSize(8);
    var id = operation.id().toString();
    assertThat(sent)
        .allSatisfy(one -> assertThat(one.toString()).startsWith(id.substring(0, 14)).endsWith(id.substring(19)));
    assertThat(read(operation).status()).as("the last one is final").isEqualTo(OperationStatus.FAILED);
    assertThat(script.ends).containsExactly("failed BUSY");
    assertThat(take()).isEmpty();
  }

  @Test
  void aTryThatIsAdoptedIsAskedForUnderItsId() {
    var operation = request();
    script.work = run -> {
      run.sending();
      throw busy();
    };
    run();
    hurry(operation);
    var second = new ArrayList<UUID>();
    script.work = run -> {
      run.sending();
      run.progress(10, "Begun", 50);
      second.add(run.operation().sentAs());
      throw new io.chom.operations.OutcomeUnknown("the link was cut", null);
    };
    run();
    RealServices.asAdministrator("update operation set lease_expires_at = now() - interval '1 second' where id = '"
        + operation.id() + "'");
    script.work = run -> {
      assertThat(run.maybeSent()).isTrue();
      assertThat(run.agentOffset()).isEqualTo(50);
      second.add(run.operation().sentAs());
      return Map.of();
    };
    run();
    assertThat(second).hasSize(2).containsOnly(second.getFirst()).doesNotContain(operation.id().value());
    assertThat(read(operation).status()).isEqualTo(OperationStatus.SUCCEEDED);
  }

  @Test
  void whatIsFinalOrCannotGoOnFromHalfWayIsNotTriedAgain() {
    var refused = request();
    script.work = run -> {
      throw new OperationRefused("DOMAIN_IN_USE", "Another site answers for shop.example", null);
    };
    run();
    assertThat(read(refused).status()).isEqualTo(OperationStatus.FAILED);
    var once = request();
    script.repeatable = false;
    script.work = run -> {
      throw busy();
    };
    run();
    assertThat(read(once).status()).isEqualTo(OperationStatus.FAILED);
  }

  @Test
  void aLostWorkerCannotStartAnotherTry() {
    var operation = request();
    var first = take().getFirst();
    RealServices.asAdministrator("update operation set lease_expires_at = now() - interval '1 second' where id = '"
        + operation.id() + "'");
    var second = take().getFirst();
    script.work = run -> {
      throw busy();
    };
    runner.run(first, () -> true);
    assertThat(read(operation).tries()).isEqualTo(1);
    assertThat(read(operation).status()).isEqualTo(OperationStatus.RUNNING);
    assertThat(log(operation)).isEmpty();
    runner.run(second, () -> true);
    assertThat(read(operation).tries()).isEqualTo(2);
  }

  @Test
  void whoCancelsWhileItFailsGetsNoOtherTry() {
    var operation = request();
    script.work = run -> {
      run.sending();
      TenantContext.callAs(acme.id(), () -> cancellation.cancel(operation.id(), Actor.PANEL));
      throw busy();
    };
    run();
    assertThat(read(operation).status()).isEqualTo(OperationStatus.FAILED);
    assertThat(script.ends).containsExactly("failed BUSY");
  }

  @Test
  void whoCancelsBetweenTwoTriesIsToldThatSomethingHadBegun() {
    var operation = request();
    script.work = run -> {
      run.sending();
      throw busy();
    };
    run();
    TenantContext.callAs(acme.id(), () -> cancellation.cancel(operation.id(), Actor.PANEL));
    assertThat(read(operation).status()).isEqualTo(OperationStatus.CANCELLED);
    assertThat(script.ends).containsExactly("cancelled half-way");
  }

  @Test
  void whatCannotBeSentCountsNoTry() {
    var operation = request();
    script.work = run -> {
      throw new OperationNotSent("SERVER_NOT_REACHED_TCP", "web-1 does not answer", null);
    };
    run();
    assertThat(read(operation).tries()).isEqualTo(1);
    assertThat(read(operation).triesAllowed()).isNull();
    assertThat(read(operation).sentAs()).isEqualTo(operation.id().value());
  }

  @Test
  void aFailedChangeIsAskedForAgainOnceHoweverManyAskAtOnce() throws Exception {
    var failed = failed();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<OperationId>> askers = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        askers.add(() -> again(acme, failed).id());
      }
      var ids = new HashSet<OperationId>();
      for (var answer : threads.invokeAll(askers)) {
        ids.add(answer.get());
      }
      assertThat(ids).hasSize(1).doesNotContain(failed.id());
    }
    var again = again(acme, failed);
    assertThat(again.repeats()).isEqualTo(failed.id());
    assertThat(again.subject()).isEqualTo(failed.subject());
    assertThat(read(failed).status()).as("history stays").isEqualTo(OperationStatus.FAILED);
    assertThat(TenantContext.callAs(acme.id(), () -> audit.page(null, 100))).extracting(AuditEvent::action)
        .filteredOn("operation.retry"::equals).hasSize(1);
    script.work = run -> Map.of();
    run();
    assertThat(read(again).status()).isEqualTo(OperationStatus.SUCCEEDED);
  }

  @Test
  void nobodyAsksAgainForWhatIsAnotherTenants() {
    var failed = failed();
    assertThatThrownBy(() -> again(globex, failed)).isInstanceOf(OperationNotFound.class);
    assertThat(TenantContext.callAs(globex.id(), () -> retries.repeating(failed.id()))).isEmpty();
    assertThat(take()).isEmpty();
  }

  @Test
  void onlyTheLastChangeOfAThingIsAskedForAgain() {
    var failed = failed();
    var later = request(failed.subject());
    assertThat(possible(failed)).isFalse();
    assertThatThrownBy(() -> again(acme, failed)).isInstanceOf(OperationNotRepeatable.class)
        .hasMessageContaining("later change");
    assertThatThrownBy(() -> again(acme, later)).isInstanceOf(OperationNotRepeatable.class)
        .hasMessageContaining("QUEUED");
    script.repeatable = false;
    var other = failed();
    assertThat(possible(other)).isFalse();
    assertThatThrownBy(() -> again(acme, other)).isInstanceOf(OperationNotRepeatable.class);
  }

  private Operation failed() {
    var operation = request();
    script.work = run -> {
      throw new OperationRefused("CONFIG_REJECTED", "nginx did not accept it", null);
    };
    run();
    return read(operation);
  }

  private static OperationRefused busy() {
    return new OperationRefused("BUSY", "another change holds the lock", true, null);
  }

  private Operation again(Tenants tenant, Operation failed) {
    return TenantContext.callAs(tenant.id(), () -> retries.again(failed.id(), Actor.PANEL));
  }

  private boolean possible(Operation failed) {
    return TenantContext.callAs(acme.id(), () -> retries.possible(failed));
  }

  private static void hurry(Operation operation) {
    RealServices.asAdministrator("update operation set next_try_at = null where id = '" + operation.id() + "'");
  }

  private List<Claim> take() {
    return picker.take("node", 1, new Limits(100, 100, Duration.ofMinutes(5)), LEASE);
  }

  private void run() {
    runner.run(take().getFirst(), () -> true);
  }

  private Operation request() {
    return request(new Subject("site", Uuid7.next(), "shop.example"));
  }

  private Operation request(Subject subject) {
    return TenantContext.callAs(acme.id(), () -> Objects.requireNonNull(transaction
        .execute(s -> operations.request(NewOperation.interactive(WORK, subject, null, Map.of()), Actor.PANEL))));
  }

  private Operation read(Operation operation) {
    return TenantContext.callAs(acme.id(), () -> operations.get(operation.id()));
  }

  private String log(Operation operation) {
    var text = new StringBuilder();
    TenantContext.callAs(acme.id(), () -> operations.log(operation.id(), 0, 1_000))
        .forEach(piece -> text.append(piece.text()));
    return text.toString();
  }
}
