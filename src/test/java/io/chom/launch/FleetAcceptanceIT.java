package io.chom.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.ChomApplication;
import io.chom.testing.Rig;
import io.chom.testing.RigHost;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Keys and agents are exchanged on a real host through a panel that is killed and a link that is cut, while other work
 * is under way there; and the host leaves the fleet.
 */
@Tag("acceptance")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FleetAcceptanceIT {
  private static final String TOKEN = "chom_acceptance_0123456789abcdefghijklmnopqrst";
  private static final String KEYS = "/var/lib/chom/.ssh/authorized_keys";
  private static final String OLDER = "0123456789abcdef";

  @RegisterExtension
  static final Rig rig = Rig.of(1);
  @TempDir
  static Path directory;
  static PanelProcess panel;
  static Api api;
  static String server;

  @BeforeAll
  static void enrolTheHost() throws Exception {
    start();
    server = enrol("web-1");
  }

  @AfterAll
  static void stop() throws Exception {
    panel.close();
  }

  @AfterEach
  void nothingStaysBroken() {
    host().thaw();
    host().heal();
  }

  @Test
  @Order(1)
  void aKeyIsExchangedThroughADyingPanel() throws Exception {
    var before = keys();
    // somebody else holds what the server needs for it, so that it is surely in the middle
    var asked = held("access", () -> {
      var operation = ask("rotate-key");
      awaitStep(operation, 20);
      return operation;
    }, true);
    assertSucceeded(asked);
    assertOneNewKey(before);
  }

  @Test
  @Order(2)
  void aKeyIsExchangedThroughACutLink() throws Exception {
    var before = keys();
    var asked = held("access", () -> {
      var operation = ask("rotate-key");
      awaitStep(operation, 20);
      host().linkDown();
      return operation;
    }, false);
    host().linkUp();
    assertSucceeded(asked);
    assertOneNewKey(before);
  }

  @Test
  @Order(3)
  void theAgentIsExchangedWhileAnOperationRuns() throws Exception {
    var shipped = host().sh("readlink /opt/vpsmanager/current").replace("releases/", "");
    host().sh("cd /opt/vpsmanager && cp -a releases/" + shipped + " releases/" + OLDER
        + " && ln -sfn releases/" + OLDER + " next && mv -T next current");
    host().exec("bash", "-c", "for pid in $(pgrep -f '^sshd: chom'); do kill -9 $pid; done");
    PanelProcess.await("the panel to notice the older agent",
        () -> api.get("/servers/" + server).ok().path("upgradeAvailable").asBoolean());

    host().sh("systemd-run --quiet --unit=holder flock /run/vpsmanager/config.lock sleep 600");
    String site;
    String upgrade;
    try {
      site = api.post("/sites", Map.of("domain", "held.example", "type", "php")).ok().path("operation").path("id")
          .asString();
      PanelProcess.await("the site's work to run", () -> host()
          .exec("grep", "-q", "RUNNING", "/var/lib/vpsmanager/operations/" + site + "/state").ok());
      upgrade = ask("upgrade");
      assertSucceeded(upgrade);
      assertThat(host().sh("readlink /opt/vpsmanager/current")).isEqualTo("releases/" + shipped);
      assertThat(host().sh("cat /var/lib/vpsmanager/operations/" + site + "/state")).isEqualTo("RUNNING");
      assertThat(host().sh("find /proc/[0-9]*/fd -lname '/opt/vpsmanager/releases/" + OLDER + "/*' | wc -l"))
          .isNotEqualTo("0");
    } finally {
      host().sh("systemctl stop holder");
    }
    assertSucceeded(site);
    assertThat(host().get("held.example", "/").status()).isEqualTo(200);
    assertThat(api.get("/servers/" + server).ok().path("upgradeAvailable").asBoolean()).isFalse();
    assertThat(host().sh("ls /opt/vpsmanager/releases")).contains(OLDER, shipped);
    // the work that was held, asked of the new agent
    var drift = compared();
    assertThat(drift.path("differences").valueStream().toList()).as("%s", drift).isEmpty();
  }

  @Test
  @Order(4)
  void aServerInMaintenanceKeepsWorkWaitingAndSaysWhy() throws Exception {
    assertThat(api.post("/servers/" + server + "/maintenance", Map.of("reason", "new disk")).status()).isEqualTo(204);
    var site = api.get("/sites").ok().path("items").get(0).path("id").asString();
    var waiting = api.post("/sites/" + site + "/disable", Map.of()).ok().path("operation").path("id").asString();
    PanelProcess.await("the reason", () -> operation(waiting).path("error").path("code").asString("")
        .equals("SERVER_IN_MAINTENANCE"));
    assertThat(operation(waiting).path("error").path("message").asString()).contains("new disk");
    assertThat(api.post("/sites", Map.of("domain", "nowhere.example", "type", "static")).status()).isEqualTo(503);
    assertThat(api.delete("/servers/" + server + "/maintenance").status()).isEqualTo(204);
    assertSucceeded(waiting);
    assertSucceeded(api.delete("/sites/" + site + "?purge=true").ok().path("operation").path("id").asString());
  }

  @Test
  @Order(5)
  void theHostLeavesTheFleetAndCanComeBack() throws Exception {
    assertThat(api.post("/servers/" + server + "/decommission", Map.of("name", "web")).status()).isEqualTo(422);
    var leaving = api.post("/servers/" + server + "/decommission", Map.of("name", "web-1", "removeAgent", true)).ok()
        .path("operation").path("id").asString();
    assertSucceeded(leaving);
    var gone = api.get("/servers/" + server).ok();
    assertThat(gone.path("status").asString()).isEqualTo("DECOMMISSIONED");
    assertThat(host().sh("cat " + KEYS)).isBlank();
    assertThat(host().exec("test", "-e", "/etc/sudoers.d/chom-vpsmanager").ok()).isFalse();
    assertThat(host().exec("test", "-e", "/opt/vpsmanager").ok()).isFalse();
    assertThat(gone.path("leftBehind").valueStream().map(JsonNode::asString).toList())
        .contains("journal:/var/lib/vpsmanager", "user:chom");
    assertThat(api.get("/servers").ok().path("items").size()).isZero();

    var again = enrol("web-1");
    assertThat(again).isNotEqualTo(server);
  }

  private interface Work {
    String begin() throws Exception;
  }

  /** Begins something while a lock it needs is held on the host; then lets go of the lock, with another panel or not. */
  private static String held(String lock, Work work, boolean killed) throws Exception {
    host().sh("systemd-run --quiet --unit=holder flock /run/vpsmanager/" + lock + ".lock sleep 600");
    try {
      var operation = work.begin();
      if (killed) {
        panel.kill();
        start();
      }
      return operation;
    } finally {
      host().exec("systemctl", "stop", "holder");
    }
  }

  private static void awaitStep(String operation, int percent) {
    PanelProcess.await("step " + percent + " of " + operation,
        () -> operation(operation).path("progress").asInt() >= percent);
  }

  private static void assertOneNewKey(List<String> before) {
    var after = keys();
    assertThat(after).hasSize(1).doesNotContainAnyElementsOf(before);
    assertThat(api.get("/servers/" + server).ok().path("status").asString()).isIn("READY", "UNREACHABLE");
    PanelProcess.await("the server to be asked by the new key",
        () -> api.get("/servers/" + server).ok().path("status").asString().equals("READY"));
    assertThat(compared().path("fault").isNull()).isTrue();
  }

  private static List<String> keys() {
    return host().sh("cat " + KEYS).lines().toList();
  }

  private static JsonNode compared() {
    var before = api.get("/servers/" + server + "/drift").ok().path("comparedAt").asString("");
    api.post("/servers/" + server + "/drift", Map.of()).ok();
    PanelProcess.await("the comparison",
        () -> !api.get("/servers/" + server + "/drift").ok().path("comparedAt").asString("").equals(before));
    return api.get("/servers/" + server + "/drift").ok();
  }

  private static String ask(String what) {
    return api.post("/servers/" + server + "/" + what, Map.of()).ok().path("operation").path("id").asString();
  }

  private static void assertSucceeded(String operation) {
    PanelProcess.await("the end of " + operation, () -> {
      var status = operation(operation).path("status").asString();
      return status.equals("SUCCEEDED") || status.equals("FAILED") || status.equals("CANCELLED");
    });
    assertThat(operation(operation).path("status").asString()).as("%s", operation(operation)).isEqualTo("SUCCEEDED");
  }

  private static JsonNode operation(String id) {
    return api.get("/operations/" + id).ok();
  }

  private static RigHost host() {
    return rig.full(0);
  }

  private static String enrol(String name) {
    var scanned = api.post("/server-enrolments", Map.of("host", host().address(), "port", host().port())).ok();
    var id = api.post("/server-enrolments/" + scanned.path("id").asString() + "/approval",
        Map.of("fingerprint", host().hostKeyFingerprint(), "name", name, "user", host().login().user(), "password",
            host().login().password()))
        .ok().path("serverId").asString();
    PanelProcess.await("the server to be ready",
        () -> api.get("/servers/" + id).ok().path("status").asString().equals("READY"));
    return id;
  }

  private static void start() throws IOException {
    var settings = new HashMap<>(Map.of("CHOM_DATA_DIR", directory.resolve("data").toString(), "CHOM_DEMO", "false",
        "CHOM_BOOTSTRAP_OPERATOR_EMAIL", "ops@example.org", "CHOM_BOOTSTRAP_OPERATOR_PASSWORD",
        "correct horse battery", "CHOM_BOOTSTRAP_TOKEN", TOKEN));
    panel = PanelProcess.start(ChomApplication.class, settings).ready();
    api = new Api(panel.port(), TOKEN);
    PanelProcess.await("the panel to answer", () -> api.get("/me").status() == 200);
  }
}
