package io.chom.servers;

import static io.chom.testing.RootlessMachine.USER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.agent.AgentCommand;
import io.chom.audit.AuditEvent;
import io.chom.operations.OperationNotSent;
import io.chom.operations.OperationRefused;
import io.chom.sites.CreateSite;
import io.chom.sites.DomainName;
import io.chom.sites.SiteId;
import io.chom.sites.SiteStatus;
import io.chom.sites.SiteType;
import io.chom.sites.Sites;
import io.chom.tenancy.TenantContext;
import io.chom.testing.Tenants;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.util.FileSystemUtils;

/** A machine of the fleet that was installed anew, or lost what lets the panel in, takes its old place again. */
class ReinstalledServerTest extends FleetTest {
  @Autowired
  ServerCommands commands;
  @Autowired
  PrepareServer prepareServer;
  @Autowired
  Sites sites;

  @Test
  void aMachineInstalledAnewTakesItsPlaceAgainAndKeepsItsSites() throws Exception {
    var server = enrolled();
    var acme = Tenants.acme();
    var site = site(acme, server);
    var before = row(server);
    wipe();
    var offered = machine.changeHostKey();
    probe(server);
    assertThat(as(() -> servers.get(server)).enrollable()).isTrue();

    assertThat(approve(scan(), LOGIN)).isEqualTo(server);
    var ready = await(server, ServerStatus.READY);

    assertThat(ready.hostKey()).isEqualTo(offered);
    assertThat(ready.offeredHostKey()).isNull();
    assertThat(ready.failingLayer()).isNull();
    assertThat(ready.name()).isEqualTo(before.name());
    assertThat(ready.createdAt()).isEqualTo(before.createdAt());
    assertThat(ready.enrollable()).isFalse();
    assertThat(ready.sites()).isEqualTo(1);
    assertThat(row(server).keyId()).isNotEqualTo(before.keyId());
    assertThat(TenantContext.callAs(acme.id(), () -> sites.get(site)).status()).isEqualTo(SiteStatus.ACTIVE);
    var globex = Tenants.globex();
    assertThat(TenantContext.callAs(globex.id(), () -> servers.ofTenant())).isEmpty();
    var event = as(() -> audit.page(null, 200)).stream()
        .filter(one -> server.value().equals(one.subject()) && one.action().equals("server.enrol.again")).toList();
    assertThat(event).singleElement().extracting(AuditEvent::detail).asString().contains(offered, before.hostKey(),
        "HOST_KEY_CHANGED");
    assertThat(actions(server)).containsSequence("server.prepare", "server.enrolled", "server.enrol.again");
  }

  @Test
  void ofTwoWhoEnrolItAgainAtOnceOneWins() throws Exception {
    var server = enrolled();
    Files.delete(home.resolve(".ssh/authorized_keys"));
    machine.hangUp();
    goSilent(server, FailingLayer.AUTH);
    var scans = List.of(scan(), scan());
    var approvals = scans.stream().<Callable<Object>>map(scanned -> () -> {
      try {
        return approve(scanned, LOGIN);
      } catch (EnrolmentRefused e) {
        return e.code();
      }
    }).toList();
    try (var people = Executors.newVirtualThreadPerTaskExecutor()) {
      assertThat(people.invokeAll(approvals)).extracting(answer -> answer.resultNow())
          .containsExactlyInAnyOrder(server, "SERVER_EXISTS");
    }
    await(server, ServerStatus.READY);
    assertThat(machine.logins().stream().filter(("password " + USER)::equals)).hasSize(2);
  }

  @Test
  void anAgentThatIsGoneIsInstalledAgain() throws Exception {
    var server = enrolled();
    FileSystemUtils.deleteRecursively(home.resolve("opt/vpsmanager"));
    machine.hangUp();
    goSilent(server, FailingLayer.AGENT);

    assertThat(approve(scan(), LOGIN)).isEqualTo(server);
    await(server, ServerStatus.READY);
    assertThat(Files.isExecutable(home.resolve("opt/vpsmanager/bin/entry"))).isTrue();
  }

  @Test
  void aServerThatIsOnlyOffOrKeepsItsKeyIsNotTouched() {
    var server = enrolled();
    var scanned = scan();
    var before = row(server);
    assertThat(as(() -> servers.get(server)).enrollable()).isFalse();
    assertThatThrownBy(() -> approve(scanned, LOGIN)).isInstanceOf(EnrolmentRefused.class)
        .hasMessageContaining("prepare it again").extracting("code").isEqualTo("SERVER_EXISTS");
    machine.powerOff();
    goSilent(server, FailingLayer.TCP);
    assertThatThrownBy(() -> approve(scanned, LOGIN)).isInstanceOf(EnrolmentRefused.class).extracting("code")
        .isEqualTo("SERVER_EXISTS");
    assertThat(row(server).keyId()).isEqualTo(before.keyId());
    assertThat(row(server).privateKeySealed()).isEqualTo(before.privateKeySealed());
    assertThat(actions(server)).doesNotContain("server.enrol.again");
  }

  @Test
  void itKeepsItsName() {
    var server = enrolled();
    machine.changeHostKey();
    probe(server);
    var scanned = scan();
    assertThatThrownBy(
        () -> as(() -> enrolments.approve(scanned.id(), scanned.fingerprint(), LOGIN, "another", OPERATOR)))
        .isInstanceOf(EnrolmentRefused.class).hasMessageContaining(row(server).name()).extracting("code")
        .isEqualTo("SERVER_NAME_DIFFERS");
    assertThat(as(() -> servers.get(server)).status()).isEqualTo(ServerStatus.HOST_KEY_CHANGED);
  }

  @Test
  void whatWasPromisedToItWaitsAndIsNotCalledFailed() {
    var server = enrolled();
    machine.changeHostKey();
    probe(server);
    var scanned = scan();
    approve(scanned, EnrolmentLogin.withPassword(USER, "wrong"));
    await(server, ServerStatus.FAILED);

    assertThat(as(() -> servers.get(server)).preparable()).describedAs("it has no key").isFalse();
    assertThatThrownBy(() -> as(() -> commands.carryOut(server, AgentCommand.of("monitor:health"), run(server))))
        .isInstanceOf(OperationNotSent.class);
    assertThat(approve(scanned, LOGIN)).isEqualTo(server);
    await(server, ServerStatus.READY);
  }

  @Test
  void aPreparationThatWaitsForTheOldMachineMakesWay() {
    var server = enrolled();
    machine.changeHostKey();
    probe(server);
    asOperator(() -> {
      var row = row(server);
      assertThat(rows.become(row, ServerStatus.ENROLLING)).isTrue();
      assertThatThrownBy(() -> prepareServer.carryOut(run(server))).isInstanceOf(OperationRefused.class)
          .extracting("code").isEqualTo("SERVER_ENROLLED_AGAIN");
      assertThat(rows.become(row(server), ServerStatus.FAILED)).isTrue();
    });
  }

  private SiteId site(Tenants tenant, ServerId server) {
    var domain = DomainName.parse("reinstalled-" + server + ".example");
    var created = TenantContext.callAs(tenant.id(),
        () -> sites.create(new CreateSite(domain, SiteType.STATIC, null, server, null), OPERATOR));
    var status = eventually(() -> TenantContext.callAs(tenant.id(), () -> sites.get(created.site())).status(),
        seen -> seen != SiteStatus.PROVISIONING);
    assertThat(status).isEqualTo(SiteStatus.ACTIVE);
    return created.site();
  }

  private ServerRow row(ServerId server) {
    return as(() -> rows.find(server)).orElseThrow();
  }

  private void goSilent(ServerId server, FailingLayer layer) {
    var away = eventually(() -> {
      probe(server);
      return as(() -> servers.get(server));
    }, seen -> seen.status() == ServerStatus.UNREACHABLE);
    assertThat(away.status()).isEqualTo(ServerStatus.UNREACHABLE);
    assertThat(away.failingLayer()).isEqualTo(layer);
  }

  private static RecordedRun run(ServerId server) {
    return new RecordedRun(PrepareServer.TYPE, server, Map.of(), true);
  }

  /** As a new installation does. */
  private void wipe() throws IOException {
    try (var files = Files.list(home)) {
      for (var file : files.toList()) {
        FileSystemUtils.deleteRecursively(file);
      }
    }
  }
}
