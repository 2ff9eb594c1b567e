package io.chom.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.agent.Agent;
import io.chom.agent.AgentCommand;
import io.chom.agent.AgentReply;
import io.chom.operations.OperationRefused;
import io.chom.operations.OperationStatus;
import io.chom.tenancy.TenantContext;
import io.chom.testing.RealServices;
import io.chom.testing.RootlessMachine.Fault;
import io.chom.testing.Tenants;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.json.JsonMapper;

/** Exchanging the key by which the panel logs in never locks it out, wherever it is interrupted. */
class KeyRotationTest extends FleetTest {
  @Autowired
  KeyRotation rotation;
  @Autowired
  RotateKey handler;
  @Autowired
  Agent agent;
  @Autowired
  TransactionTemplate transaction;

  @Test
  void theNewKeyOpensAndTheOldOneIsOut() throws IOException {
    var server = enrolled();
    var before = row(server);
    as(() -> rotation.request(server, OPERATOR));
    ended(server, OperationStatus.SUCCEEDED);

    var after = row(server);
    assertThat(after.keyId()).isNotEqualTo(before.keyId());
    assertThat(after.upkeep().otherKey()).isNull();
    assertThat(after.upkeep().keySince()).isAfter(before.upkeep().keySince());
    assertThat(panelKeys()).singleElement().asString().contains(after.publicKey());
    assertThat(opens(server)).isTrue();
    assertThat(actions(server)).startsWith("server.key.rotated", "server.key.rotate");
  }

  @ParameterizedTest
  @ValueSource(ints = {20, 50, 80, Killed.NEVER})
  void aPanelThatIsKilledAtAnyStepIsNotLockedOutAndAnotherFinishes(int step) throws IOException {
    var server = enrolled();
    var before = row(server);
    var operation = new RecordedRun(RotateKey.TYPE, server, Map.of(), false).operation();
    var first = new Killed(operation, 7L << 32, step, false);
    if (step == Killed.NEVER) {
      // it dies between the server's last word and its own table
      as(() -> handler.carryOut(first));
    } else {
      assertThatThrownBy(() -> as(() -> handler.carryOut(first))).isInstanceOf(Killed.Death.class);
    }
    agent.disconnect(addresses.open(row(server)));
    assertThat(opens(server)).as("with the key that the panel calls the one in force").isTrue();

    var result = as(() -> handler.carryOut(new Killed(operation, (7L << 32) + 1, Killed.NEVER, first.maybeSent())));
    asOperator(() -> transaction.executeWithoutResult(
        status -> handler.whenSucceeded(operation, JsonMapper.shared().valueToTree(result))));
    var after = row(server);
    assertThat(after.keyId()).isNotEqualTo(before.keyId());
    assertThat(after.upkeep().otherKey()).isNull();
    assertThat(panelKeys()).singleElement().asString().contains(after.publicKey());
    agent.disconnect(addresses.open(after));
    assertThat(opens(server)).isTrue();
  }

  @Test
  void aNewKeyThatDoesNotOpenIsTakenBack() throws IOException {
    var server = enrolled();
    var before = row(server);
    machine.suffer(Fault.NEW_KEYS_REFUSED);
    as(() -> rotation.request(server, OPERATOR));
    ended(server, OperationStatus.FAILED);

    assertThat(last(server).errorCode()).isEqualTo("NEW_KEY_REFUSED");
    var after = row(server);
    assertThat(after.keyId()).isEqualTo(before.keyId());
    assertThat(after.upkeep().otherKey()).isNull();
    assertThat(panelKeys()).singleElement().asString().contains(before.publicKey());
    assertThat(opens(server)).isTrue();
  }

  @Test
  void aServerThatIsAwayKeepsItsKeyAndNothingWaitsForIt() {
    var server = enrolled();
    var before = row(server);
    machine.powerOff();
    as(() -> rotation.request(server, OPERATOR));
    ended(server, OperationStatus.FAILED);
    assertThat(last(server).errorCode()).isEqualTo("SERVER_NOT_REACHED_TCP");
    assertThat(row(server).keyId()).isEqualTo(before.keyId());
    assertThat(row(server).upkeep().otherKey()).isNull();
  }

  @Test
  void twoRotationsAtOnceAreOne() throws Exception {
    var server = enrolled();
    Callable<String> ask = () -> {
      try {
        return as(() -> rotation.request(server, OPERATOR)).id().toString();
      } catch (ServerRefused e) {
        return e.code();
      }
    };
    try (var threads = Executors.newFixedThreadPool(2)) {
      var answers = threads.invokeAll(List.of(ask, ask)).stream().map(answer -> {
        try {
          return answer.get();
        } catch (Exception e) {
          throw new IllegalStateException(e);
        }
      }).toList();
      assertThat(answers).containsOnlyOnce("KEY_ROTATION_RUNNING");
    }
    ended(server, OperationStatus.SUCCEEDED);
    assertThat(opens(server)).isTrue();
  }

  @Test
  void aClockExchangesKeysThatAreOldAndNoOthers() {
    var server = enrolled();
    asOperator(() -> rotation.requestIfDue(server));
    assertThat(last(server).type()).isNotEqualTo(RotateKey.TYPE);
    RealServices.asAdministrator(
        "update vps_server set key_since = now() - interval '91 days' where id = '" + server + "'");
    var before = row(server);
    asOperator(() -> rotation.requestIfDue(server));
    asOperator(() -> rotation.requestIfDue(server));
    ended(server, OperationStatus.SUCCEEDED);
    assertThat(row(server).keyId()).isNotEqualTo(before.keyId());
    assertThat(as(() -> operations.page(null, server.value(), null, 20)).stream()
        .filter(operation -> operation.type().equals(RotateKey.TYPE))).hasSize(1);
  }

  @Test
  void aTenantCannotAskForItAndAServerOutOfReachIsRefused() {
    var server = enrolled();
    for (var tenant : List.of(Tenants.acme(), Tenants.globex())) {
      assertThatThrownBy(() -> TenantContext.runAs(tenant.id(), () -> rotation.request(server, OPERATOR)))
          .isInstanceOf(ServerNotFound.class);
    }
    machine.changeHostKey();
    probe(server);
    assertThatThrownBy(() -> as(() -> rotation.request(server, OPERATOR))).isInstanceOf(ServerRefused.class)
        .extracting("code").isEqualTo("SERVER_NOT_IN_SERVICE");
    var run = new RecordedRun(RotateKey.TYPE, server, Map.of(), false);
    assertThatThrownBy(() -> as(() -> handler.carryOut(run))).isInstanceOf(OperationRefused.class);
    assertThat(row(server).upkeep().otherKey()).isNull();
  }

  private void ended(ServerId server, OperationStatus status) {
    var operation = eventually(() -> last(server),
        seen -> seen.type().equals(RotateKey.TYPE) && seen.status().ended(), Duration.ofSeconds(60));
    assertThat(operation.status()).describedAs(() -> operation + "\n" + log(server)).isEqualTo(status);
  }

  private boolean opens(ServerId server) {
    var reply = agent.ask(addresses.open(row(server)), AgentCommand.of("ping"), Duration.ofSeconds(20));
    return reply instanceof AgentReply.Done;
  }

  private ServerRow row(ServerId server) {
    return as(() -> transaction.execute(status -> rows.find(server).orElseThrow()));
  }

  private List<String> panelKeys() throws IOException {
    return Files.readAllLines(machine.home().resolve(".ssh/authorized_keys")).stream()
        .filter(line -> line.contains("chom-panel:")).toList();
  }
}
