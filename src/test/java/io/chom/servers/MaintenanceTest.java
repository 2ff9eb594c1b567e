package io.chom.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.agent.AgentCommand;
import io.chom.common.Uuid7;
import io.chom.operations.OperationNotSent;
import io.chom.operations.OperationType;
import io.chom.operations.Subject;
import io.chom.tenancy.TenantContext;
import io.chom.testing.RootlessMachine.Fault;
import io.chom.testing.Tenants;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.transaction.support.TransactionTemplate;

/** A server that somebody works on: nothing begins there, nothing is torn off, nobody is alarmed. */
class MaintenanceTest extends FleetTest {
  private static final OperationType WORK = new OperationType("site.create");
  @Autowired
  Maintenance maintenance;
  @Autowired
  Placement placement;
  @Autowired
  ServerCommands commands;
  @Autowired
  TransactionTemplate transaction;

  @Test
  void nothingNewBeginsThereAndWhatRunsFinishes() {
    var server = enrolled();
    var acme = Tenants.acme();
    TenantContext.runAs(acme.id(), () -> {
      var place = placement.choose(server);
      transaction.executeWithoutResult(status -> placement.take(place));
    });
    asOperator(() -> maintenance.begin(server, "a new disk", Instant.now().plusSeconds(3_600), OPERATOR));

    var seen = as(() -> servers.get(server));
    assertThat(seen.status()).isEqualTo(ServerStatus.MAINTENANCE);
    assertThat(seen.care().maintenance()).isNotNull().extracting("reason", "by")
        .containsExactly("a new disk", "operator@platform.example");
    TenantContext.runAs(acme.id(), () -> {
      assertThatThrownBy(() -> placement.choose(server)).isInstanceOf(ServerNotReady.class);
      var queued = siteWork(server, false);
      assertThatThrownBy(() -> commands.carryOut(server, AgentCommand.of("server:prepare"), queued))
          .isInstanceOf(OperationNotSent.class).hasMessageEndingWith("is in maintenance: a new disk")
          .extracting("code").isEqualTo("SERVER_IN_MAINTENANCE");
      assertThat(queued.sent()).isFalse();
      assertThat(commands.carryOut(server, AgentCommand.of("server:prepare"), siteWork(server, true))).isNotNull();
    });

    asOperator(() -> maintenance.end(server, OPERATOR));
    assertThat(as(() -> servers.get(server)).care().maintenance()).isNull();
    TenantContext.runAs(acme.id(), () -> assertThat(
        commands.carryOut(server, AgentCommand.of("server:prepare"), siteWork(server, false))).isNotNull());
    assertThat(actions(server)).startsWith("server.maintenance.end", "server.maintenance.begin");
  }

  @Test
  void probesGoOnWithoutAlarmAndItComesBackAsWhatItIs() {
    var server = enrolled();
    asOperator(() -> maintenance.begin(server, "moved to another rack", null, OPERATOR));
    machine.suffer(Fault.KEYS_REFUSED);
    machine.hangUp();
    for (int i = 0; i < 4; i++) {
      probe(server);
    }
    var away = as(() -> servers.get(server));
    assertThat(away.status()).isEqualTo(ServerStatus.MAINTENANCE);
    assertThat(away.failingLayer()).isEqualTo(FailingLayer.AUTH);

    asOperator(() -> maintenance.end(server, OPERATOR));
    assertThat(as(() -> servers.get(server)).status()).isEqualTo(ServerStatus.UNREACHABLE);
    machine.suffer(Fault.NONE);
    assertThat(eventually(() -> {
      probe(server);
      return as(() -> servers.get(server)).status();
    }, ServerStatus.READY::equals)).isEqualTo(ServerStatus.READY);
  }

  @Test
  void whatIsToldIsChangedInPlaceAndBadWordsAreRefused() {
    var server = enrolled();
    asOperator(() -> maintenance.begin(server, "first", null, OPERATOR));
    var since = as(() -> servers.get(server)).care().maintenance().since();
    asOperator(() -> maintenance.begin(server, " second ", null, OPERATOR));
    var note = as(() -> servers.get(server)).care().maintenance();
    assertThat(note.reason()).isEqualTo("second");
    assertThat(note.since()).isEqualTo(since);
    for (var reason : List.of("", "  ", "a\nb", "x".repeat(201))) {
      assertThatThrownBy(() -> asOperator(() -> maintenance.begin(server, reason, null, OPERATOR)))
          .isInstanceOf(ServerRefused.class).extracting("code").isEqualTo("MAINTENANCE_REASON_INVALID");
    }
    assertThatThrownBy(
        () -> asOperator(() -> maintenance.begin(server, "late", Instant.now().minusSeconds(60), OPERATOR)))
        .isInstanceOf(ServerRefused.class).extracting("code").isEqualTo("MAINTENANCE_UNTIL_PAST");
  }

  @Test
  void twoWhoEndItAtOnceEndItOnceAndTenantsDoNotFindIt() throws Exception {
    var server = enrolled();
    for (var tenant : List.of(Tenants.acme(), Tenants.globex())) {
      assertThatThrownBy(
          () -> TenantContext.runAs(tenant.id(), () -> maintenance.begin(server, "mine", null, OPERATOR)))
          .isInstanceOf(ServerNotFound.class);
      assertThatThrownBy(() -> TenantContext.runAs(tenant.id(), () -> maintenance.end(server, OPERATOR)))
          .isInstanceOf(ServerNotFound.class);
    }
    asOperator(() -> maintenance.begin(server, "both", null, OPERATOR));
    Callable<String> end = () -> {
      try {
        asOperator(() -> maintenance.end(server, OPERATOR));
        return "ended";
      } catch (ServerRefused e) {
        return e.code();
      }
    };
    try (var threads = Executors.newFixedThreadPool(2)) {
      var answers = threads.invokeAll(List.of(end, end));
      assertThat(List.of(answers.get(0).get(), answers.get(1).get()))
          .containsExactlyInAnyOrder("ended", "SERVER_NOT_IN_MAINTENANCE");
    }
  }

  @Test
  void aServerThatIsLostWhileItIsPreparedSaysWhyAndCanBeEnrolledAgain() {
    var server = enrolled();
    io.chom.testing.RealServices.asAdministrator(
        "update vps_server set status = 'PREPARING' where id = '" + server + "'");
    machine.suffer(Fault.KEYS_REFUSED);
    machine.hangUp();
    for (int i = 0; i < 3; i++) {
      probe(server);
    }
    var lost = as(() -> servers.get(server));
    assertThat(lost.status()).isEqualTo(ServerStatus.PREPARING);
    assertThat(lost.failingLayer()).isEqualTo(FailingLayer.AUTH);
    assertThat(lost.enrollable()).isTrue();
    machine.suffer(Fault.NONE);
    approve(scan(), LOGIN);
    await(server, ServerStatus.READY);
  }

  private static RecordedRun siteWork(ServerId server, boolean maybeSent) {
    return new RecordedRun(WORK, new Subject("site", Uuid7.next(), "shop.example"), server, Map.of(), maybeSent);
  }
}
