package io.chom.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.testing.AgentHost.Site;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;

/** Whatever happens to a host or its link while an operation runs: it ends once, in a state that is true. */
@Tag("acceptance")
class AgentUnderFaultsAcceptanceIT {

  @RegisterExtension
  static final Rig rig = Rig.of(1);

  private static AgentHost server;

  @BeforeAll
  static void prepare() {
    server = new AgentHost(rig.full(0)).install();
    try (var gateway = server.gateway()) {
      gateway.change("server:prepare", Map.of()).data();
    }
  }

  @AfterEach
  void heal() {
    server.host().heal();
  }

  /** Freezes the host in the moment its journal says that the operation runs; the channel is cut meanwhile. */
  private static void freezeWhenRunning(UUID operation, Site site) throws InterruptedException {
    var freezer = Thread.ofVirtual().start(
        () -> server.host().fault("freezewhen", "/var/lib/vpsmanager/operations/" + operation + "/state", "RUNNING"));
    var gateway = server.gateway();
    gateway.send("site:create", site.args(), operation);
    freezer.join();
    gateway.cut();
  }

  private static JsonNode endOf(AgentGateway gateway, UUID operation) {
    var until = Instant.now().plus(Duration.ofMinutes(2));
    while (true) {
      var status = gateway.ask("operation:status", Map.of("operation", operation.toString())).data();
      var state = status.path("state").asString();
      if (!state.equals("ACCEPTED") && !state.equals("RUNNING")) {
        return status;
      }
      assertThat(Instant.now()).as("still %s", state).isBefore(until);
    }
  }

  private static long said(String unitOrTag, String text) {
    return server.host().sh("journalctl -q --no-pager %s".formatted(unitOrTag)).lines()
        .filter(line -> line.contains(text))
        .count();
  }

  @Test
  void anOperationEndsOnceThoughTheHostFrozeAndTheChannelWasCut() throws Exception {
    var site = Site.php(210_001);
    var operation = UUID.randomUUID();
    var reloads = said("-u nginx", "Reloaded");
    freezeWhenRunning(operation, site);
    server.host().thaw();

    try (var gateway = server.gateway()) {
      assertThat(endOf(gateway, operation).path("state").asString()).isEqualTo("SUCCEEDED");
      assertThat(server.get(site, "/").body()).contains("running as " + site.user());
      // the same request again gives the whole log and does nothing twice
      var attached = gateway.await(gateway.send("operation:attach",
          Map.of("operation", operation.toString(), "from", 0), null));
      assertThat(attached.state()).isEqualTo("SUCCEEDED");
      assertThat(attached.events()).first()
          .satisfies(event -> assertThat(event.path("percent").asInt()).isLessThan(50));
      assertThat(attached.events()).last().satisfies(event -> assertThat(event.path("percent").asInt()).isEqualTo(100));
    }
    assertThat(said("-t useradd", "new user: name=" + site.user() + ",")).isEqualTo(1);
    assertThat(said("-u nginx", "Reloaded") - reloads).isEqualTo(1);
    assertThat(server.host().sh("grep -rl 'server_name %s' /etc/nginx | wc -l".formatted(site.domain())))
        .isEqualTo("1");
  }

  @Test
  void anOperationThatNeverArrivedCanBeSealedAndThenNeverRuns() {
    var site = Site.fixed(210_002);
    var operation = UUID.randomUUID();
    try (var gateway = server.gateway()) {
      var sealed = gateway.ask("operation:status", Map.of("operation", operation.toString(), "seal", true)).data();
      assertThat(sealed.path("state").asString()).isEqualTo("SEALED");
      assertThat(gateway.await(gateway.send("site:create", site.args(), operation)).code())
          .isEqualTo("OPERATION_SEALED");
    }
    assertThat(server.host().exec("getent", "passwd", site.user()).ok()).isFalse();
  }

  @Test
  void afterAPowerCutARunningOperationIsInterruptedAndTheSameChangeRollsForward() throws Exception {
    var site = Site.php(210_003);
    var operation = UUID.randomUUID();
    freezeWhenRunning(operation, site);
    server.host().powerCut();
    server.host().powerOn();
    server.host().awaitLogin();
    try (var gateway = server.gateway()) {
      var status = endOf(gateway, operation);
      assertThat(status.path("state").asString()).isEqualTo("INTERRUPTED");
      assertThat(status.path("result").path("error").path("code").asString()).isEqualTo("OPERATION_INTERRUPTED");
      gateway.change("site:create", site.args()).data();
    }
    assertThat(server.get(site, "/").body()).contains("running as " + site.user());
  }

  @Test
  void aRebootInTheMiddleInterruptsTheOperation() {
    var site = Site.php(210_004);
    var operation = UUID.randomUUID();
    // the operation waits for this lock, so it is surely in the middle
    server.host().exec("systemd-run", "--quiet", "flock", "/run/vpsmanager/config.lock", "sleep", "600").text();
    var gateway = server.gateway();
    gateway.send("site:create", site.args(), operation);
    server.host().sh(
        "for i in {1..200}; do grep -qs RUNNING /var/lib/vpsmanager/operations/%s/state && exit; sleep 0.05; done; exit 1"
            .formatted(operation));
    server.host().reboot();
    gateway.cut();
    try (var afterwards = server.gateway()) {
      assertThat(endOf(afterwards, operation).path("state").asString()).isEqualTo("INTERRUPTED");
      afterwards.change("site:create", site.args()).data();
    }
    assertThat(server.get(site, "/").body()).contains("running as " + site.user());
  }

  @Test
  void sitesAnswerAgainAfterAReboot() {
    var site = Site.php(210_005);
    try (var gateway = server.gateway()) {
      gateway.change("site:create", site.args()).data();
    }
    server.host().reboot();
    server.host().sh("systemctl is-system-running --wait || systemctl --failed");
    assertThat(server.get(site, "/").body()).contains("running as " + site.user());
  }

  @Test
  void aConfigurationNginxRefusesLeavesTheOldOneInPlace() {
    var before = Site.php(210_006);
    var site = Site.php(210_007);
    try (var gateway = server.gateway()) {
      gateway.change("site:create", before.args()).data();
      server.host().sh("echo 'nonsense here;' >/etc/nginx/conf.d/broken.conf");
      var refused = gateway.change("site:create", site.args());
      assertThat(refused.code()).isEqualTo("CONFIG_REJECTED");
      assertThat(refused.result().path("error").path("message").asString()).contains("nonsense");
      assertThat(server.host().exec("ls", "/etc/nginx/chom/sites/" + site.user() + ".conf").ok()).isFalse();
      assertThat(server.get(before, "/").status()).isEqualTo(200);
      server.host().sh("rm /etc/nginx/conf.d/broken.conf; nginx -t");
      gateway.change("site:create", site.args()).data();
    }
    assertThat(server.get(site, "/").body()).contains("running as " + site.user());
  }

  @Test
  void aPoolPhpRefusesLeavesTheOldOnesInPlace() {
    var before = Site.php(210_008);
    var site = Site.php(210_009);
    try (var gateway = server.gateway()) {
      gateway.change("site:create", before.args()).data();
      server.host()
          .sh("printf '[broken]\\nuser = nobody-there\\nlisten = /x\\npm = odd\\n' >/etc/php/8.2/fpm/pool.d/zz.conf");
      assertThat(gateway.change("site:create", site.args()).code()).isEqualTo("CONFIG_REJECTED");
      assertThat(server.host().exec("ls", "/etc/php/8.2/fpm/pool.d/chom-" + site.user() + ".conf").ok()).isFalse();
      assertThat(server.get(before, "/").body()).contains("running as " + before.user());
      server.host().sh("rm /etc/php/8.2/fpm/pool.d/zz.conf");
      gateway.change("site:create", site.args()).data();
    }
    assertThat(server.get(site, "/").body()).contains("running as " + site.user());
  }

  @Test
  void onAFullDiskAChangeFailsWithAReasonAndCanBeDoneLater() {
    var site = Site.php(210_010);
    try (var gateway = server.gateway()) {
      server.host().fault("fill");
      assertThat(gateway.ask("monitor:health", Map.of()).data().path("disk").isEmpty()).isFalse();
      assertThat(gateway.change("site:create", site.args()).code()).isIn("INTERNAL", "DEPENDENCY_FAILED",
          "CONFIG_REJECTED");
      server.host().fault("nofill");
      gateway.change("site:create", site.args()).data();
    }
    assertThat(server.get(site, "/").body()).contains("running as " + site.user());
  }
}
