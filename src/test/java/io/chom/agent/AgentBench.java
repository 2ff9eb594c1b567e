package io.chom.agent;

import io.chom.ssh.HostUnreachable;
import io.chom.ssh.SshPool;
import io.chom.ssh.SshTarget;
import io.chom.ssh.TestPools;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;

/** The agent's door on a pool of its own, as the panel puts it together. */
public final class AgentBench implements AutoCloseable {
  private static final AgentCommand PING = AgentCommand.of("ping");

  final SshPool pool;
  final Agent agent;
  final AgentServer server;

  public AgentBench(SshTarget target) {
    this(target, Map.of());
  }

  /** @param settings of the pool */
  public AgentBench(SshTarget target, Map<String, String> settings) {
    pool = TestPools.pool(settings);
    var properties = TestAgent.properties(Map.of());
    agent = new GatewayAgent(new Gateways(pool, properties), properties, new SimpleMeterRegistry());
    server = new AgentServer(UUID.randomUUID(), target);
  }

  public void ping() {
    if (!(agent.ask(server, PING, Duration.ofSeconds(20)) instanceof AgentReply.Done)) {
      throw new IllegalStateException("No pong");
    }
  }

  /** What became of one question: {@code answered}, {@code refused …}, or how it failed. */
  public String said(String command, Map<String, Object> arguments, Duration limit) {
    try {
      return switch (agent.ask(server, new AgentCommand(command, arguments), limit)) {
        case AgentReply.Done _ -> "answered";
        case AgentReply.Refused refused -> "refused " + refused.code();
      };
    } catch (AgentException e) {
      return e.getCause() instanceof HostUnreachable unreachable
          ? e.code() + " " + unreachable.layer()
          : e.code();
    }
  }

  @Override
  public void close() {
    agent.disconnect(server);
    TestPools.close(pool);
  }
}
