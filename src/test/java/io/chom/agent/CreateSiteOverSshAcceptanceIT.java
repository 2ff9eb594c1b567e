package io.chom.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.ssh.AuthenticationRejected;
import io.chom.ssh.Eventually;
import io.chom.ssh.SshCredential;
import io.chom.ssh.SshKeyPair;
import io.chom.ssh.SshKeys;
import io.chom.ssh.SshTarget;
import io.chom.ssh.TestPools;
import io.chom.testing.Rig;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A real Debian host, its sshd, sudo and the forced command: a PHP site is made through the panel's one channel. */
@Tag("acceptance")
class CreateSiteOverSshAcceptanceIT {
  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final SshKeyPair KEY = SshKeys.generate("chom");

  @RegisterExtension
  static final Rig rig = Rig.of(1);

  private static AgentBench panel;
  private static SshTarget target;

  @BeforeAll
  static void installTheAgent() throws Exception {
    var host = rig.full(0);
    var pack = new ProcessBuilder("tar", "-C", "src/main/resources/agent", "-c", ".").start();
    host.shWithInput(new ByteArrayInputStream(pack.getInputStream().readAllBytes()), "sh", "-c",
        "mkdir -p /opt/vpsmanager && tar -C /opt/vpsmanager --no-same-owner -x && chmod -R go+rX /opt/vpsmanager"
            + " && chmod 0755 /opt/vpsmanager /opt/vpsmanager/bin/*")
        .text();
    host.sh("""
        useradd -m -s /bin/bash chom
        install -d -m 700 -o chom /home/chom/.ssh
        printf '%%s\\n' 'Defaults!/opt/vpsmanager/bin/vpsmanager !use_pty,!requiretty' \
          'chom ALL=(root) NOPASSWD: /opt/vpsmanager/bin/vpsmanager' >/etc/sudoers.d/chom
        echo 'restrict,command="/opt/vpsmanager/bin/entry" %s' >/home/chom/.ssh/authorized_keys
        chown chom /home/chom/.ssh/authorized_keys
        """.formatted(KEY.publicKey()));
    var shown = TestPools.direct().scan(host.address(), host.port(), Duration.ofSeconds(20));
    assertThat(shown.fingerprint()).isEqualTo(host.hostKeyFingerprint());
    target = new SshTarget(host.address(), host.port(), "chom", new SshCredential.Key("chom", KEY.privateKey(), null),
        shown.fingerprint(), shown.algorithm());
    panel = new AgentBench(target);
    assertThat(panel.agent.carryOut(panel.server, AgentCommand.of("server:prepare"), UUID.randomUUID(), 1, 0,
        AgentEvents.none(), LIMIT)).isInstanceOf(AgentReply.Done.class);
  }

  @AfterAll
  static void hangUp() {
    if (panel != null) {
      panel.close();
    }
  }

  private static AgentCommand create(int uid) {
    return new AgentCommand("site:create", Map.of("site", UUID.randomUUID().toString(), "user", "s" + uid, "uid", uid,
        "domain", "shop" + uid + ".example", "type", "php"));
  }

  private static String visit(int uid) throws IOException {
    try (var socket = new Socket(rig.full(0).address(), 80)) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(("GET / HTTP/1.1\r\nHost: shop" + uid + ".example\r\nConnection: close\r\n\r\n")
          .getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void aPhpSiteIsCreatedThroughTheGatewayAndAnswers() throws Exception {
    var heard = new CopyOnWriteArrayList<Long>();
    var reply = panel.agent.carryOut(panel.server, create(200_001), UUID.randomUUID(), 1, 0, offsets(heard), LIMIT);
    assertThat(reply).isInstanceOf(AgentReply.Done.class);
    assertThat(heard).isNotEmpty().isSorted().doesNotHaveDuplicates();
    assertThat(visit(200_001)).startsWith("HTTP/1.1 200").contains("PHP ").contains("running as s200001");
  }

  @Test
  void theSameWithItsConnectionsKilledOnTheWay() throws Exception {
    var operation = UUID.randomUUID();
    var heard = new CopyOnWriteArrayList<Long>();
    var reply = CompletableFuture.supplyAsync(
        () -> panel.agent.carryOut(panel.server, create(200_002), operation, 1, 0, offsets(heard), LIMIT),
        task -> Thread.ofVirtual().start(task));
    Eventually.that(() -> !heard.isEmpty() || reply.isDone());
    rig.full(0).exec("pkill", "-KILL", "-u", "chom", "sshd");
    assertThat(reply.join()).isInstanceOf(AgentReply.Done.class);
    assertThat(heard).isSorted().doesNotHaveDuplicates();
    assertThat(panel.agent.status(panel.server, operation, false, LIMIT).state()).isEqualTo("SUCCEEDED");
    assertThat(visit(200_002)).contains("running as s200002");
  }

  @Test
  void theKeyRunsNothingButTheAgent() {
    var result = panel.pool.exec(target, "id; cat /etc/shadow");
    assertThat(result.exitCode()).isEqualTo(9);
    assertThat(result.out()).isEmpty();
    var stranger = new SshTarget(target.host(), target.port(), "chom",
        new SshCredential.Key("stranger", SshKeys.generate().privateKey(), null), target.hostKey());
    assertThatThrownBy(() -> panel.pool.exec(stranger, "gateway")).isInstanceOf(AuthenticationRejected.class);
  }

  private static AgentEvents offsets(List<Long> heard) {
    return new AgentEvents() {
      @Override
      public void progress(int percent, String step, long offset) {
        heard.add(offset);
      }

      @Override
      public void output(String stream, String data, long offset) {
        heard.add(offset);
      }
    };
  }
}
