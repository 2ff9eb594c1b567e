package io.chom.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.ssh.AuthenticationRejected;
import io.chom.ssh.SshKeys;
import io.chom.ssh.TestPools;
import io.chom.ssh.TestSshServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** After a refused login the pool pauses; who has mended the cause disconnects and need not wait. */
class RefusedLoginTests {
  private static final Map<String, String> LONG_PAUSE = Map.of("back-off", "1h", "max-back-off", "1h");

  @Test
  void disconnectingForgetsThePause(@TempDir Path root) throws Exception {
    var key = SshKeys.generate();
    var pool = TestPools.pool(LONG_PAUSE);
    var agent = new GatewayAgent(new Gateways(pool, TestAgent.properties(Map.of())), TestAgent.properties(Map.of()),
        new SimpleMeterRegistry());
    try (var ssh = new TestSshServer()) {
      var entry = Path.of("src/main/resources/agent/bin/entry").toAbsolutePath().toString();
      ssh.force(List.of("/bin/bash", entry),
          Map.of("VPSMANAGER_ROOT", root.toString(), "VPSMANAGER_HTTP_PORT", "0"));
      var server = new AgentServer(UUID.randomUUID(), ssh.target(key));
      assertRefused(agent, server);
      int attempts = ssh.attempts.get();

      ssh.allow(key);
      assertRefused(agent, server);
      assertThat(ssh.attempts).as("in the pause nobody asks").hasValue(attempts);

      agent.disconnect(server);
      assertThat(agent.hello(server).agent()).isNotBlank();
      assertThat(ssh.logins).hasValue(1);
      agent.disconnect(server);
    } finally {
      TestPools.close(pool);
    }
  }

  /** As after a command that takes the panel's key and the agent away, whose answer was lost. */
  @Test
  void anAgentThatIsMissingIsLookedForByAFreshLogin() throws Exception {
    var key = SshKeys.generate();
    var pool = TestPools.pool(LONG_PAUSE);
    var agent = new GatewayAgent(new Gateways(pool, TestAgent.properties(Map.of())), TestAgent.properties(Map.of()),
        new SimpleMeterRegistry());
    try (var ssh = new TestSshServer().allow(key)) {
      ssh.force(List.of("/bin/false"), Map.of());
      var server = new AgentServer(UUID.randomUUID(), ssh.target(key));
      assertThatThrownBy(() -> agent.hello(server)).isInstanceOf(AgentNeverReached.class)
          .hasCauseInstanceOf(AgentProtocolBroken.class);
      ssh.forbid(key);
      assertRefused(agent, server);
      agent.disconnect(server);
    } finally {
      TestPools.close(pool);
    }
  }

  private static void assertRefused(Agent agent, AgentServer server) {
    assertThatThrownBy(() -> agent.hello(server)).isInstanceOf(AgentNeverReached.class)
        .hasCauseInstanceOf(AuthenticationRejected.class);
  }
}
