package io.chom.servers;

import static io.chom.testing.RootlessMachine.PASSWORD;
import static io.chom.testing.RootlessMachine.USER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.audit.Audit;
import io.chom.audit.AuditEvent;
import io.chom.common.Actor;
import io.chom.operations.Operation;
import io.chom.operations.Operations;
import io.chom.secrets.SecretBox;
import io.chom.secrets.SecretUnreadable;
import io.chom.ssh.SshKeys;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import io.chom.testing.ChomTest;
import io.chom.testing.RealServices;
import io.chom.testing.RootlessMachine;
import io.chom.testing.RootlessMachine.Fault;
import io.chom.testing.Tenants;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Autowired;

/** Enrolment as an operator does it, against a machine that runs the real bootstrap and the real agent. */
class EnrolmentTest extends FleetTest {
  @Autowired
  EnrolmentLogins logins;
  @Autowired
  SecretBox secrets;

  @Test
  void aNewServerBecomesReadyAndTheLoginIsForgotten() throws Exception {
    var scanned = scan();
    assertThat(scanned.fingerprint()).isEqualTo(machine.fingerprint());
    assertThat(machine.logins()).describedAs("a scan logs nobody in").isEmpty();

    var server = approve(scanned, LOGIN);
    var ready = await(server, ServerStatus.READY);

    assertThat(ready.rootless()).isTrue();
    assertThat(ready.agentVersion()).isNotBlank();
    assertThat(ready.loginUser()).isEqualTo(USER);
    assertThat(ready.hostKey()).isEqualTo(machine.fingerprint());
    assertThat(as(() -> enrolments.get(scanned.id())).status()).isEqualTo(EnrolmentStatus.DONE);
    assertThat(logins.find(scanned.id())).isEmpty();
    assertThat(machine.logins()).containsOnlyOnce("password " + USER);
    assertThat(machine.commands()).filteredOn(command -> !command.equals("gateway"))
        .containsExactly(Bootstrap.COMMAND);
    assertThat(Files.readString(home.resolve(".ssh/authorized_keys"))).startsWith("restrict,command=");
    assertNowhereInTheDatabase(PASSWORD);
    assertThat(log(server)).contains("Installing the agent").contains("Switching to this agent: done")
        .doesNotContain(PASSWORD);
    assertThat(actions(server)).containsSequence("server.prepare", "server.enrolled", "server.enrol");
  }

  @Test
  void aKeyOpensTheEnrolmentAsWell() throws Exception {
    var key = SshKeys.generate("me@home");
    Files.createDirectories(home.resolve(".ssh"));
    Files.writeString(home.resolve(".ssh/authorized_keys"), key.publicKey() + "\n");

    await(approve(scan(), EnrolmentLogin.withKey(USER, key.privateKey())), ServerStatus.READY);
    assertThat(Files.readString(home.resolve(".ssh/authorized_keys"))).contains("me@home");
    assertNowhereInTheDatabase(key.privateKey().lines().skip(2).findFirst().orElseThrow());
  }

  @Test
  void aWrongPasswordFailsWithASentenceAndTheSameEnrolmentCanBeRepeated() {
    var scanned = scan();
    var server = approve(scanned, EnrolmentLogin.withPassword(USER, "wrong"));
    await(server, ServerStatus.FAILED);

    assertThat(last(server).errorCode()).isEqualTo("ENROLMENT_LOGIN_REJECTED");
    assertThat(last(server).errorMessage()).contains("enter them again");
    assertThat(as(() -> enrolments.get(scanned.id())).status()).isEqualTo(EnrolmentStatus.FAILED);
    assertThat(as(() -> rows.find(server)).orElseThrow().privateKeySealed()).isEmpty();

    assertThat(approve(scanned, LOGIN)).isEqualTo(server);
    await(server, ServerStatus.READY);
  }

  @Test
  void anotherHostKeyAfterTheScanIsSentNothing() {
    var scanned = scan();
    machine.changeHostKey();
    var server = approve(scanned, LOGIN);
    await(server, ServerStatus.FAILED);

    assertThat(last(server).errorCode()).isEqualTo("HOST_KEY_CHANGED");
    assertThat(machine.logins()).isEmpty();
    assertThat(machine.commands()).isEmpty();
  }

  @Test
  void refusesAFingerprintNobodyCompared() {
    var scanned = scan();
    assertThatThrownBy(() -> as(() -> enrolments.approve(scanned.id(), "SHA256:other", LOGIN, "x", OPERATOR)))
        .isInstanceOf(EnrolmentRefused.class).extracting("code").isEqualTo("FINGERPRINT_DIFFERS");
    assertThat(as(() -> enrolments.get(scanned.id())).status()).isEqualTo(EnrolmentStatus.SCANNED);
  }

  @Test
  void aPanelKeyThatIsRefusedIsExplained() {
    machine.suffer(Fault.KEYS_REFUSED);
    var server = approve(scan(), LOGIN);
    await(server, ServerStatus.FAILED);
    assertThat(last(server).errorCode()).isEqualTo("PANEL_KEY_REFUSED");
    assertThat(last(server).errorMessage()).contains("AllowUsers");
  }

  @Test
  void aBrokenInstallationIsRepeatedByItself() {
    machine.suffer(Fault.COMMAND_BREAKS);
    var server = approve(scan(), LOGIN);
    await(server, ServerStatus.READY);
    assertThat(machine.logins().stream().filter(("password " + USER)::equals)).hasSize(2);
  }

  @Test
  void ofTwoApprovalsAtOnceOneWins() throws Exception {
    var scanned = scan();
    var name = "twice-" + scanned.id();
    Callable<Object> approval = () -> {
      try {
        return as(() -> enrolments.approve(scanned.id(), scanned.fingerprint(), LOGIN, name, OPERATOR));
      } catch (EnrolmentRefused e) {
        return e.code();
      }
    };
    try (var people = Executors.newVirtualThreadPerTaskExecutor()) {
      var answers = people.invokeAll(List.of(approval, approval)).stream().map(answer -> answer.resultNow()).toList();
      assertThat(answers).filteredOn(ServerId.class::isInstance).hasSize(1);
      assertThat(answers).filteredOn(String.class::isInstance).first().isIn("ENROLMENT_TAKEN", "SERVER_EXISTS");
      await((ServerId) answers.stream().filter(ServerId.class::isInstance).findFirst().orElseThrow(),
          ServerStatus.READY);
    }
    assertThat(machine.logins()).containsOnlyOnce("password " + USER);
  }

  @Test
  void aServerOfTheFleetIsNotEnrolledTwice() {
    await(approve(scan(), LOGIN), ServerStatus.READY);
    var again = scan();
    assertThatThrownBy(() -> approve(again, LOGIN)).isInstanceOf(EnrolmentRefused.class).extracting("code")
        .isEqualTo("SERVER_EXISTS");
  }

  @Test
  void anEnrolmentOfOneTenantIsNotFoundByAnother() {
    var scanned = scan();
    var acme = Tenants.acme();
    assertThatThrownBy(() -> TenantContext.callAs(acme.id(), () -> enrolments.get(scanned.id())))
        .isInstanceOf(EnrolmentNotFound.class);
    assertThatThrownBy(() -> TenantContext.callAs(acme.id(),
        () -> enrolments.approve(scanned.id(), scanned.fingerprint(), LOGIN, "x", OPERATOR)))
        .isInstanceOf(EnrolmentNotFound.class);
  }

  @Test
  void theKeyOfOneServerOpensForNoOther() {
    var server = approve(scan(), LOGIN);
    await(server, ServerStatus.READY);
    var row = as(() -> rows.find(server)).orElseThrow();
    assertThat(secrets.open(row.privateKeySealed(), ServerRow.keyContext(server))).contains("OPENSSH PRIVATE KEY");
    assertThatThrownBy(() -> secrets.open(row.privateKeySealed(), ServerRow.keyContext(ServerId.fresh())))
        .isInstanceOf(SecretUnreadable.class);
    assertThat(as(() -> addresses.open(row)).toString()).doesNotContain("PRIVATE");
  }

  @Test
  void aScanNamesTheLayerThatFailed() throws Exception {
    assertThatThrownBy(() -> as(() -> enrolments.scan(new ScanRequest("no-such-host.invalid", 22), OPERATOR)))
        .isInstanceOf(ServerNotReached.class).extracting("layer").isEqualTo(FailingLayer.DNS);
    var port = machine.port();
    machine.powerOff();
    assertThatThrownBy(() -> as(() -> enrolments.scan(new ScanRequest(machine.host(), port), OPERATOR)))
        .isInstanceOf(ServerNotReached.class).extracting("layer").isEqualTo(FailingLayer.TCP);
    try (var other = new java.net.ServerSocket(0, 5, java.net.InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> {
        try (var client = other.accept()) {
          client.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes());
        } catch (java.io.IOException e) {
          // the test is over
        }
      });
      assertThatThrownBy(
          () -> as(() -> enrolments.scan(new ScanRequest("127.0.0.1", other.getLocalPort()), OPERATOR)))
          .isInstanceOf(ServerNotReached.class).extracting("layer").isEqualTo(FailingLayer.KEX);
    }
  }

  private static void assertNowhereInTheDatabase(String secret) throws SQLException {
    try (var database = RealServices.asAdministrator(); var tables = database.createStatement()) {
      var names = new java.util.ArrayList<String>();
      try (var found = tables.executeQuery("select tablename from pg_tables where schemaname = 'public'")) {
        while (found.next()) {
          names.add(found.getString(1));
        }
      }
      for (var name : names) {
        try (var search = database.prepareStatement(
            "select count(*) from \"" + name + "\" t where position(? in t::text) > 0")) {
          search.setString(1, secret);
          var hits = search.executeQuery();
          hits.next();
          assertThat(hits.getInt(1)).describedAs(name).isZero();
        }
      }
    }
  }
}
