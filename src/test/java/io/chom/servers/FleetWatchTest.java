package io.chom.servers;

import static io.chom.testing.RootlessMachine.USER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.agent.AgentCommand;
import io.chom.operations.OperationNotSent;
import io.chom.operations.OperationRefused;
import io.chom.operations.OutcomeUnknown;
import io.chom.ssh.SshDirect;
import io.chom.tenancy.TenantContext;
import io.chom.testing.RootlessMachine.Fault;
import io.chom.testing.Tenants;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.transaction.support.TransactionTemplate;

/** What becomes of an enrolled server: probes, another host key, a panel that died in the middle, other tenants. */
class FleetWatchTest extends FleetTest {
  @Autowired
  ServerCommands commands;
  @Autowired
  Placement placement;
  @Autowired
  EnrolServer enrolServer;
  @Autowired
  EnrolmentLogins logins;
  @Autowired
  AgentBundles bundles;
  @Autowired
  SshDirect ssh;
  @Autowired
  TransactionTemplate transaction;

  @Test
  void aChangedHostKeyStopsEverythingUntilAnOperatorApproves() {
    var server = enrolled();
    var approved = machine.fingerprint();
    int before = machine.commands().size();
    var offered = machine.changeHostKey();
    probe(server);

    var stopped = as(() -> servers.get(server));
    assertThat(stopped.status()).isEqualTo(ServerStatus.HOST_KEY_CHANGED);
    assertThat(stopped.failingLayer()).isEqualTo(FailingLayer.HOST_KEY);
    assertThat(stopped.hostKey()).isEqualTo(approved);
    assertThat(stopped.offeredHostKey()).isEqualTo(offered);
    var run = prepareRun(server);
    assertThatThrownBy(() -> as(() -> commands.carryOut(server, AgentCommand.of("server:prepare"), run)))
        .isInstanceOf(OperationNotSent.class).extracting("code").isEqualTo("HOST_KEY_CHANGED");
    assertThat(run.sent()).isFalse();
    assertThat(machine.commands()).hasSize(before);
    var acme = Tenants.acme();
    assertThatThrownBy(() -> TenantContext.callAs(acme.id(), () -> placement.choose(server)))
        .isInstanceOf(ServerNotFound.class);
    assertThatThrownBy(() -> asOperator(() -> servers.approveHostKey(server, "SHA256:guessed", OPERATOR)))
        .isInstanceOf(ServerRefused.class).extracting("code").isEqualTo("FINGERPRINT_DIFFERS");

    asOperator(() -> servers.approveHostKey(server, offered, OPERATOR));
    probe(server);
    var ready = as(() -> servers.get(server));
    assertThat(ready.status()).isEqualTo(ServerStatus.READY);
    assertThat(ready.hostKey()).isEqualTo(offered);
    assertThat(ready.offeredHostKey()).isNull();
    assertThat(ready.failingLayer()).isNull();
    assertThat(actions(server)).startsWith("server.host_key.approve", "server.host_key.changed");
  }

  @Test
  void twoLostProbesAreNoOutageThreeAreAndItComesBackByItself() {
    var server = enrolled();
    machine.suffer(Fault.KEYS_REFUSED);
    machine.hangUp();
    probe(server);
    probe(server);
    assertThat(as(() -> servers.get(server)).status()).isEqualTo(ServerStatus.READY);
    probe(server);
    var away = as(() -> servers.get(server));
    assertThat(away.status()).isEqualTo(ServerStatus.UNREACHABLE);
    assertThat(away.failingLayer()).isEqualTo(FailingLayer.AUTH);

    machine.suffer(Fault.NONE);
    var back = eventually(() -> {
      probe(server);
      return as(() -> servers.get(server));
    }, seen -> seen.status() == ServerStatus.READY);
    assertThat(back.status()).isEqualTo(ServerStatus.READY);
    assertThat(back.health()).isNotNull();
  }

  @Test
  void aServerThatIsOffNamesTheLayer() {
    var server = enrolled();
    machine.powerOff();
    probe(server);
    assertThat(as(() -> servers.get(server)).failingLayer()).isEqualTo(FailingLayer.TCP);
  }

  @Test
  void aTenantReachesOnlyTheServersItHasAPlaceOn() {
    var server = enrolled();
    var acme = Tenants.acme();
    var globex = Tenants.globex();
    TenantContext.runAs(acme.id(), () -> {
      var place = placement.choose(server);
      transaction.executeWithoutResult(status -> placement.take(place));
    });

    assertThat(TenantContext.callAs(acme.id(), () -> servers.ofTenant(server)).publicHost()).isEqualTo(machine.host());
    assertThat(TenantContext.callAs(acme.id(),
        () -> commands.carryOut(server, AgentCommand.of("server:prepare"), prepareRun(server)))).isNotNull();
    assertThatThrownBy(() -> TenantContext.callAs(acme.id(), () -> servers.get(server)))
        .isInstanceOf(ServerNotFound.class);
    TenantContext.runAs(globex.id(), () -> {
      assertThat(servers.ofTenant()).isEmpty();
      assertThatThrownBy(() -> servers.ofTenant(server)).isInstanceOf(ServerNotFound.class);
      assertThatThrownBy(() -> servers.approveHostKey(server, "SHA256:x", OPERATOR))
          .isInstanceOf(ServerNotFound.class);
      assertThatThrownBy(() -> servers.prepare(server, OPERATOR)).isInstanceOf(ServerNotFound.class);
      assertThatThrownBy(() -> commands.carryOut(server, AgentCommand.of("server:prepare"), prepareRun(server)))
          .isInstanceOf(ServerNotFound.class);
    });
  }

  @Test
  void aWorkerThatAdoptsADoneEnrolmentNeedsNoLogin() {
    var scanned = scan();
    var server = approve(scanned, LOGIN);
    await(server, ServerStatus.READY);
    int logins = passwordLogins();

    var result = as(
        () -> enrolServer.carryOut(enrolRun(server, scanned.id(), "a panel that died", Instant.now(), true)));
    assertThat(result).containsEntry("user", USER).containsEntry("rootless", true);
    assertThat(passwordLogins()).isEqualTo(logins);
  }

  @Test
  void aPanelThatForgotTheLoginAsksForItAgain() {
    var scanned = scan();
    var server = approve(scanned, LOGIN);
    await(server, ServerStatus.READY);
    int logins = passwordLogins();

    assertThatThrownBy(() -> as(() -> enrolServer
        .carryOut(enrolRun(server, scanned.id(), this.logins.node(), Instant.now().plusSeconds(60), false))))
        .isInstanceOf(OperationRefused.class).hasMessageContaining("Enter it again").extracting("code")
        .isEqualTo("ENROLMENT_LOGIN_GONE");
    assertThatThrownBy(() -> as(() -> enrolServer
        .carryOut(enrolRun(server, scanned.id(), "another node", Instant.now().plusSeconds(60), false))))
        .isInstanceOf(OperationNotSent.class);
    assertThatThrownBy(() -> as(() -> enrolServer
        .carryOut(enrolRun(server, scanned.id(), "another node", Instant.now().minusSeconds(1), false))))
        .isInstanceOf(OperationRefused.class);
    assertThat(passwordLogins()).isEqualTo(logins);
  }

  @Test
  void aServerThatGoesSilentInTheMiddleIsWaitedForOnlySoLong() {
    var server = enrolled();
    var row = as(() -> rows.find(server)).orElseThrow();
    var hasty = new ServerBootstrap(ssh, bundles, new ServersProperties(Duration.ofSeconds(1), Duration.ofHours(1),
        Duration.ofMinutes(1), Duration.ofSeconds(1), Duration.ofMinutes(1), Duration.ofSeconds(30),
        Duration.ofSeconds(5), 5, 3, 100, Duration.ofDays(90), Duration.ofMinutes(15)));
    machine.suffer(Fault.COMMAND_SILENT);
    var sent = enrolRun(server, EnrolmentId.fresh(), "x", Instant.now(), false);
    assertThatThrownBy(() -> hasty.run(row, LOGIN, sent)).isInstanceOfAny(OutcomeUnknown.class,
        OperationNotSent.class);
    machine.suffer(Fault.LOGIN_SILENT);
    var unsent = enrolRun(server, EnrolmentId.fresh(), "x", Instant.now(), false);
    assertThatThrownBy(() -> hasty.run(row, LOGIN, unsent)).isInstanceOf(OperationNotSent.class);
    assertThat(unsent.sent()).isFalse();
  }

  private int passwordLogins() {
    return (int) machine.logins().stream().filter(("password " + USER)::equals).count();
  }

  private static RecordedRun prepareRun(ServerId server) {
    return new RecordedRun(PrepareServer.TYPE, server, Map.of(), false);
  }

  private static RecordedRun enrolRun(ServerId server, EnrolmentId enrolment, String node, Instant until,
      boolean maybeSent) {
    return new RecordedRun(EnrolServer.TYPE, server,
        Map.of("enrolment", enrolment.toString(), "node", node, "login_until", until.toString()), maybeSent);
  }
}
