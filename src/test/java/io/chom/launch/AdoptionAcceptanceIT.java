package io.chom.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.ChomApplication;
import io.chom.testing.Rig;
import io.chom.testing.RigHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * A panel that is killed in the middle loses nothing: whatever it had promised happens once, counted on the host, and
 * its log is whole. The panel is a process of its own, the host a real one, and the faults are those of processes.
 */
@Tag("acceptance")
class AdoptionAcceptanceIT {
  private static final String TOKEN = "chom_acceptance_0123456789abcdefghijklmnopqrst";

  @RegisterExtension
  static final Rig rig = Rig.of(1);
  @TempDir
  static Path directory;
  static PanelProcess panel;
  static Api api;

  @BeforeAll
  static void enrolTheHost() throws Exception {
    start(Map.of());
    var host = host();
    var scanned = api.post("/server-enrolments", Map.of("host", host.address(), "port", host.port())).ok();
    assertThat(scanned.path("fingerprint").asString()).isEqualTo(host.hostKeyFingerprint());
    api.post("/server-enrolments/" + scanned.path("id").asString() + "/approval",
        Map.of("fingerprint", host.hostKeyFingerprint(), "name", "web-1", "user", host.login().user(), "password",
            host.login().password()))
        .ok();
    PanelProcess.await("the server to be ready", () -> {
      var servers = api.get("/servers").ok().path("items");
      return servers.size() == 1 && servers.get(0).path("status").asString().equals("READY");
    });
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
  void killedWhileTheHostWorks() throws Exception {
    var reloads = reloads();
    var site = create("running.example");
    awaitOnHost(site.operation(), "RUNNING|SUCCEEDED");
    host().freeze();
    panel.kill();
    host().thaw();
    start(Map.of());
    assertSucceededOnce(site, reloads);
  }

  @Test
  void killedAfterTheHostWasDoneAndBeforeThePanelKnew() throws Exception {
    var reloads = reloads();
    var site = create("before-commit.example");
    awaitOnHost(site.operation(), "RUNNING|SUCCEEDED");
    var database = databaseProcesses();
    signal("STOP", database);
    awaitOnHost(site.operation(), "SUCCEEDED");
    panel.kill();
    signal("CONT", database);
    start(Map.of());
    assertSucceededOnce(site, reloads);
  }

  @Test
  void killedBeforeAnythingWasSent() throws Exception {
    var reloads = reloads();
    host().stopSsh();
    // the connection that is open would still carry the request
    host().exec("bash", "-c", "for pid in $(pgrep -f '^sshd: chom'); do kill -9 $pid; done");
    var site = create("before-sending.example");
    PanelProcess.await("a first try", () -> operation(site.operation()).path("attempt").asInt() > 0
        && operation(site.operation()).path("error").isObject());
    panel.kill();
    host().startSsh();
    start(Map.of());
    assertSucceededOnce(site, reloads);
  }

  @Test
  void killedWhileQueued() throws Exception {
    var reloads = reloads();
    panel.terminate();
    start(Map.of("CHOM_WORKER", "false"));
    var site = create("queued.example");
    assertThat(operation(site.operation()).path("status").asString()).isEqualTo("QUEUED");
    panel.killAll();
    start(Map.of());
    assertSucceededOnce(site, reloads);
  }

  @Test
  void closedAndOpenedThroughADyingPanelAndASilentServer() throws Exception {
    var site = create("closing.example");
    PanelProcess.await("the site", () -> operation(site.operation()).path("status").asString().equals("SUCCEEDED"));
    assertThat(host().get("closing.example", "/").status()).isEqualTo(200);

    var closing = api.post("/sites/" + site.site() + "/disable", Map.of()).ok().path("operation").path("id").asString();
    assertThat(api.post("/sites/" + site.site() + "/disable", Map.of()).status()).isEqualTo(409);
    awaitOnHost(closing, "RUNNING|SUCCEEDED");
    panel.kill();
    start(Map.of());
    PanelProcess.await("the site to be closed", () -> operation(closing).path("status").asString().equals("SUCCEEDED"));
    assertThat(api.get("/sites/" + site.site()).ok().path("status").asString()).isEqualTo("DISABLED");
    var notice = host().get("closing.example", "/");
    assertThat(notice.status()).isEqualTo(503);
    assertThat(notice.body()).contains("Closed for now");
    assertThat(host().sh("ls /etc/php/*/fpm/pool.d")).doesNotContain(
        api.get("/sites/" + site.site()).ok().path("systemUser").asString());

    host().stopSsh();
    host().exec("bash", "-c", "for pid in $(pgrep -f '^sshd: chom'); do kill -9 $pid; done");
    var opening = api.post("/sites/" + site.site() + "/enable", Map.of()).ok().path("operation").path("id").asString();
    PanelProcess.await("a first try", () -> operation(opening).path("error").isObject());
    assertThat(operation(opening).path("status").asString()).isIn("QUEUED", "RUNNING");
    host().startSsh();
    PanelProcess.await("the site to be open", () -> operation(opening).path("status").asString().equals("SUCCEEDED"));
    assertThat(host().get("closing.example", "/").body()).contains("running as s");
  }

  @Test
  void cancelledWhileTheHostWorksAndThePanelDies() throws Exception {
    // the work waits for a lock that somebody else holds, so that it is surely in the middle
    host().sh("systemd-run --quiet --unit=holder flock /run/vpsmanager/config.lock sleep 600");
    Promised site;
    try {
      site = create("cancelled.example");
      awaitOnHost(site.operation(), "RUNNING");
      host().freeze();
      var asked = api.post("/operations/" + site.operation() + "/cancel", Map.of()).ok();
      assertThat(asked.path("status").asString()).isEqualTo("CANCELLING");
      panel.kill();
      host().thaw();
      start(Map.of());
      PanelProcess.await("the cancel to be confirmed",
          () -> operation(site.operation()).path("status").asString().equals("CANCELLED"));
    } finally {
      host().sh("systemctl stop holder");
    }
    var left = operation(site.operation()).path("leftBehind").valueStream().map(JsonNode::asString).toList();
    assertThat(left).anyMatch(thing -> thing.startsWith("user:s")).noneMatch(thing -> thing.startsWith("process:"));
    assertThat(host().sh("systemctl list-units --all --plain --no-legend 'vpsm-op-*'")).isBlank();
    assertThat(api.get("/sites/" + site.site()).ok().path("status").asString()).isEqualTo("FAILED");

    var deleted = api.delete("/sites/" + site.site() + "?purge=true").ok();
    PanelProcess.await("the rest to be cleared away", () -> operation(
        deleted.path("operation").path("id").asString()).path("status").asString().equals("SUCCEEDED"));
    assertThat(host().sh("getent passwd " + left.getFirst().replaceFirst(".*:", "") + " || true")).isBlank();
    assertThat(api.post("/operations/" + site.operation() + "/cancel", Map.of()).ok().path("status").asString())
        .as("once more").isEqualTo("CANCELLED");
  }

  private record Promised(String site, String operation, String domain) {}

  private static void start(Map<String, String> more) throws IOException {
    var settings = new java.util.HashMap<>(Map.of("CHOM_DATA_DIR", directory.resolve("data").toString(),
        "CHOM_DEMO", "false", "CHOM_BOOTSTRAP_OPERATOR_EMAIL", "ops@example.org",
        "CHOM_BOOTSTRAP_OPERATOR_PASSWORD", "correct horse battery", "CHOM_BOOTSTRAP_TOKEN", TOKEN));
    settings.putAll(more);
    panel = PanelProcess.start(ChomApplication.class, settings).ready();
    api = new Api(panel.port(), TOKEN);
    PanelProcess.await("the panel to answer", () -> api.get("/me").status() == 200);
  }

  private static RigHost host() {
    return rig.full(0);
  }

  private static Promised create(String domain) {
    var body = api.post("/sites", Map.of("domain", domain, "type", "php")).ok();
    return new Promised(body.path("id").asString(), body.path("operation").path("id").asString(), domain);
  }

  private static JsonNode operation(String id) {
    return api.get("/operations/" + id).ok();
  }

  private static void awaitOnHost(String operation, String states) {
    var journal = "/var/lib/vpsmanager/operations/" + operation + "/state";
    PanelProcess.await("the host's journal to say " + states,
        () -> host().exec("grep", "-qE", "^(" + states + ")", journal).ok());
  }

  private static void assertSucceededOnce(Promised promised, int reloadsBefore) {
    PanelProcess.await("the operation to end", () -> {
      var status = operation(promised.operation()).path("status").asString();
      return status.equals("SUCCEEDED") || status.equals("FAILED") || status.equals("CANCELLED");
    });
    var operation = operation(promised.operation());
    assertThat(operation.path("status").asString()).as("%s", operation).isEqualTo("SUCCEEDED");

    var site = api.get("/sites/" + promised.site()).ok();
    assertThat(site.path("status").asString()).isEqualTo("ACTIVE");
    var user = site.path("systemUser").asString();
    // the effect, counted on the host and not in anybody's journal of intentions
    assertThat(lines("journalctl --no-pager -o cat -t useradd | grep -c 'new user: name=" + user + ",' || true"))
        .containsExactly("1");
    assertThat(lines("getent passwd | grep -c '^" + user + ":'")).containsExactly("1");
    assertThat(
        lines("grep -rlE 'server_name[^;]* " + promised.domain() + "' /etc/nginx | xargs -r stat -L -c %i | sort -u"))
        .hasSize(1);
    assertThat(reloads() - reloadsBefore).isEqualTo(1);
    assertThat(host().sh("curl -s -H 'Host: " + promised.domain() + "' http://127.0.0.1/")).contains("PHP ")
        .contains("running as " + user);

    var events = api.events(promised.operation());
    assertThat(events).contains("event:complete");
    var steps = events.lines().filter(line -> line.startsWith("data:{\"data\":")).toList();
    assertThat(steps).doesNotHaveDuplicates();
    assertThat(String.join("", steps)).contains("Ready");
    assertThat(operation.path("logLength").asLong()).isEqualTo(lastId(events));
  }

  /** How often nginx was told to read its configuration again. */
  private static int reloads() {
    return Integer.parseInt(
        host().sh("journalctl --no-pager -o cat -u nginx | grep -ci '^Reloaded' || true").strip());
  }

  private static List<String> lines(String script) {
    return host().sh(script).lines().toList();
  }

  private static long lastId(String events) {
    return events.lines().filter(line -> line.startsWith("id:")).mapToLong(line -> Long.parseLong(line.substring(3)))
        .max().orElse(-1);
  }

  private static List<Long> databaseProcesses() throws IOException {
    // it is a daemon: no child of the panel's process
    long postmaster = Long.parseLong(Files.readAllLines(directory.resolve("data/postgres/postmaster.pid")).getFirst());
    var first = ProcessHandle.of(postmaster).orElseThrow();
    return Stream.concat(Stream.of(first), first.descendants()).map(ProcessHandle::pid).toList();
  }

  private static void signal(String signal, List<Long> pids) throws Exception {
    assertThat(pids).isNotEmpty();
    for (long pid : pids) {
      new ProcessBuilder("kill", "-" + signal, "" + pid).start().waitFor();
    }
  }
}
