package io.chom.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.operations.OperationStatus;
import io.chom.tenancy.TenantContext;
import io.chom.testing.RootlessMachine;
import io.chom.testing.Tenants;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Autowired;

/** Bringing agents to the version the panel ships: verified where they run, one by one, never half. */
class AgentUpgradeTest extends FleetTest {
  private static final String OLDER = "0123456789abcdef";
  @TempDir
  Path second;
  @Autowired
  AgentUpgrades upgrades;

  @Test
  void anOlderAgentIsNoticedReplacedAndKept() throws IOException {
    var server = older(machine);
    assertThat(as(() -> servers.get(server)).care().upgradable()).isTrue();
    as(() -> upgrades.request(server, OPERATOR));
    ended(server, OperationStatus.SUCCEEDED);

    var care = as(() -> servers.get(server)).care();
    assertThat(care.release()).isEqualTo(upgrades.release());
    assertThat(care.upgradable()).isFalse();
    assertThat(link(machine, "current")).isEqualTo("releases/" + upgrades.release());
    assertThat(link(machine, "previous")).isEqualTo("releases/" + OLDER);
    probe(server);
    assertThat(as(() -> servers.get(server)).care().release()).isEqualTo(upgrades.release());
    assertThat(actions(server)).startsWith("server.agent.upgraded", "server.agent.upgrade");
    assertThatThrownBy(() -> as(() -> upgrades.request(server, OPERATOR))).isInstanceOf(ServerRefused.class)
        .extracting("code").isEqualTo("AGENT_UP_TO_DATE");
  }

  @Test
  void aServerWhosePolicyForbidsItKeepsItsAgentAndTheOthersAreLeftAlone() throws IOException {
    var first = older(machine);
    Files.writeString(machine.home().resolve("etc/vpsmanager/policy.json"), "{\"agent_upgrade\": false}");
    try (var other = new RootlessMachine(second)) {
      var enrolled = approveOn(other);
      olden(other, enrolled);
      // whatever other tests left behind is not this test's
      var rest = as(() -> operationOf(first, enrolled));
      var ended = ended(first, OperationStatus.FAILED);
      assertThat(ended.errorCode()).isEqualTo("FORBIDDEN");
      assertThat(rest).isEqualTo(first);
      assertThat(link(machine, "current")).isEqualTo("releases/" + OLDER);
      assertThat(link(other, "current")).isEqualTo("releases/" + OLDER);
      assertThat(as(() -> operations.page(null, enrolled.value(), null, 20)).stream()
          .filter(operation -> operation.type().equals(UpgradeAgent.TYPE))).isEmpty();

      Files.writeString(machine.home().resolve("etc/vpsmanager/policy.json"), "{\"agent_upgrade\": true}");
      as(() -> operationOf(first, enrolled));
      ended(first, OperationStatus.SUCCEEDED);
      ended(enrolled, OperationStatus.SUCCEEDED);
      assertThat(link(other, "current")).isEqualTo("releases/" + upgrades.release());
    }
  }

  @Test
  void aServerThatIsAwayKeepsItsAgentAndNothingWaitsForIt() throws IOException {
    var server = older(machine);
    machine.powerOff();
    as(() -> upgrades.request(server, OPERATOR));
    assertThat(ended(server, OperationStatus.FAILED).errorCode()).isEqualTo("SERVER_NOT_REACHED_TCP");
    assertThat(link(machine, "current")).isEqualTo("releases/" + OLDER);
  }

  @Test
  void twoRequestsAtOnceAreOneAndTenantsDoNotFindTheServer() throws Exception {
    var server = older(machine);
    for (var tenant : List.of(Tenants.acme(), Tenants.globex())) {
      assertThatThrownBy(() -> TenantContext.runAs(tenant.id(), () -> upgrades.request(server, OPERATOR)))
          .isInstanceOf(ServerNotFound.class);
      assertThatThrownBy(() -> TenantContext.runAs(tenant.id(), () -> upgrades.requestAll(OPERATOR)))
          .isInstanceOf(ServerRefused.class);
    }
    Callable<String> ask = () -> {
      try {
        return as(() -> upgrades.request(server, OPERATOR)).status().name();
      } catch (ServerRefused e) {
        return e.code();
      }
    };
    try (var threads = Executors.newFixedThreadPool(2)) {
      var answers = threads.invokeAll(List.of(ask, ask));
      assertThat(List.of(answers.get(0).get(), answers.get(1).get())).containsAnyOf("UPGRADE_RUNNING",
          "AGENT_UP_TO_DATE").contains("QUEUED");
    }
    ended(server, OperationStatus.SUCCEEDED);
  }

  /** One after the other, as all are upgraded; but of two servers only. */
  private ServerId operationOf(ServerId first, ServerId then) {
    upgrades.requestInTurn(List.of(first, then), OPERATOR);
    return first;
  }

  private ServerId older(RootlessMachine machine) throws IOException {
    var server = enrolled();
    olden(machine, server);
    return server;
  }

  /** The same files under another name: a release that the panel does not ship. */
  private void olden(RootlessMachine machine, ServerId server) throws IOException {
    probe(server);
    var agent = machine.home().resolve("opt/vpsmanager");
    var shipped = agent.resolve(Files.readSymbolicLink(agent.resolve("current")));
    try (var files = Files.walk(shipped)) {
      for (var file : files.toList()) {
        var copy = agent.resolve("releases").resolve(OLDER).resolve(shipped.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(copy);
        } else {
          Files.copy(file, copy, java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
        }
      }
    }
    Files.delete(agent.resolve("current"));
    Files.createSymbolicLink(agent.resolve("current"), Path.of("releases", OLDER));
    machine.hangUp();
    eventually(() -> {
      probe(server);
      return as(() -> servers.get(server)).care();
    }, care -> OLDER.equals(care.release()));
    assertThat(actions(server)).contains("server.agent.changed");
  }

  private ServerId approveOn(RootlessMachine other) {
    var scanned = as(() -> enrolments.scan(new ScanRequest(other.host(), other.port()), OPERATOR));
    var server = as(
        () -> enrolments.approve(scanned.id(), scanned.fingerprint(), LOGIN, "web " + other.host(), OPERATOR));
    await(server, ServerStatus.READY);
    return server;
  }

  private io.chom.operations.Operation ended(ServerId server, OperationStatus status) {
    var operation = eventually(() -> last(server),
        seen -> seen.type().equals(UpgradeAgent.TYPE) && seen.status().ended());
    assertThat(operation.status()).describedAs(() -> operation + "\n" + log(server)).isEqualTo(status);
    return operation;
  }

  private static String link(RootlessMachine machine, String name) throws IOException {
    return Files.readSymbolicLink(machine.home().resolve("opt/vpsmanager").resolve(name)).toString();
  }
}
