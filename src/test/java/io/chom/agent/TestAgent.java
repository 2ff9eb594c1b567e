package io.chom.agent;

import io.chom.ssh.SshKeyPair;
import io.chom.ssh.SshKeys;
import io.chom.ssh.SshPool;
import io.chom.ssh.TcpProxy;
import io.chom.ssh.TestPools;
import io.chom.ssh.TestSshServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/** A server in this process whose SSH key runs an agent, a wire to it that can be cut, and a panel's agent door. */
public final class TestAgent implements AutoCloseable {
  private static final SshKeyPair KEY = SshKeys.generate();

  public final TestSshServer ssh = new TestSshServer().allow(KEY);
  public final TcpProxy wire = new TcpProxy(ssh.port());
  public final SshPool pool = TestPools.pool(Map.of("keep-alive", "1s", "back-off", "20ms", "max-back-off", "100ms",
      "connect-timeout", "3s"));
  public final Agent agent;
  public final AgentServer server = new AgentServer(UUID.randomUUID(), ssh.target(KEY, wire.port()));

  private TestAgent(List<String> program, Map<String, String> environment, Map<String, String> settings) {
    ssh.force(program, environment);
    agent = new GatewayAgent(new Gateways(pool, properties(settings)), properties(settings),
        new SimpleMeterRegistry());
  }

  /** The shipped agent in its rootless mode. */
  public static TestAgent real(Path root) {
    return real(root, Map.of());
  }

  static TestAgent real(Path root, Map<String, String> settings) {
    return from(Path.of("src/main/resources/agent"), root, settings);
  }

  /** The agent in this directory. */
  static TestAgent from(Path agent, Path root, Map<String, String> settings) {
    return new TestAgent(List.of("/bin/bash", agent.resolve("bin/entry").toAbsolutePath().toString()),
        Map.of("VPSMANAGER_ROOT", root.toString(), "VPSMANAGER_HTTP_PORT", "0"), settings);
  }

  /** Something else in its place. */
  static TestAgent script(String script) {
    return script(script, Map.of());
  }

  static TestAgent script(String script, Map<String, String> settings) {
    return new TestAgent(List.of("/bin/bash", "-c", script), Map.of(), settings);
  }

  static AgentProperties properties(Map<String, String> settings) {
    var all = new HashMap<>(Map.of("back-off", "20ms", "max-back-off", "200ms"));
    all.putAll(settings);
    var source = new MapConfigurationPropertySource();
    all.forEach((name, value) -> source.put("chom.agent." + name, value));
    return new Binder(source).bindOrCreate("chom.agent", Bindable.of(AgentProperties.class));
  }

  /** Takes the panel's key out; who has logged in with it stays. */
  void forbid() {
    ssh.forbid(KEY);
  }

  @Override
  public void close() throws IOException {
    agent.disconnect(server);
    TestPools.close(pool);
    wire.close();
    ssh.close();
  }
}
