package io.chom.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.ChomApplication;
import io.chom.testing.RigHost;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** A panel in a process of its own with real hosts enrolled, and its operator's way in. */
final class PanelOnRig implements AutoCloseable {
  static final String EMAIL = "ops@example.org";
  static final String PASSWORD = "correct horse battery";
  private static final String TOKEN = "chom_acceptance_0123456789abcdefghijklmnopqrst";

  private final Map<String, String> settings;
  private PanelProcess panel;
  private Api api;

  private PanelOnRig(Map<String, String> settings) throws IOException {
    this.settings = settings;
    this.panel = PanelProcess.start(ChomApplication.class, settings).ready();
    this.api = new Api(panel.port(), TOKEN);
    answers();
  }

  /** @param more settings beyond those of every such panel */
  static PanelOnRig start(Path directory, Map<String, String> more) throws IOException {
    var settings = new HashMap<>(Map.of("CHOM_DATA_DIR", directory.resolve("data").toString(), "CHOM_DEMO", "false",
        "CHOM_BOOTSTRAP_OPERATOR_EMAIL", EMAIL, "CHOM_BOOTSTRAP_OPERATOR_PASSWORD", PASSWORD,
        "CHOM_BOOTSTRAP_TOKEN", TOKEN));
    settings.putAll(more);
    return new PanelOnRig(settings);
  }

  /** It dies as in a power cut, and is started anew. */
  void dies() throws IOException, InterruptedException {
    panel.kill();
    panel = PanelProcess.start(ChomApplication.class, settings).ready();
    api = new Api(panel.port(), TOKEN);
    answers();
  }

  private void answers() {
    PanelProcess.await("the panel to answer", () -> api.get("/me").status() == 200);
  }

  Api api() {
    return api;
  }

  PanelProcess process() {
    return panel;
  }

  /** @return the server's id, when it is ready */
  String enrol(RigHost host, String name) {
    var scanned = api.post("/server-enrolments", Map.of("host", host.address(), "port", host.port())).ok();
    var server = api.post("/server-enrolments/" + scanned.path("id").asString() + "/approval",
        Map.of("fingerprint", host.hostKeyFingerprint(), "name", name, "user", host.login().user(), "password",
            host.login().password()))
        .ok().path("serverId").asString();
    PanelProcess.await("the server to be ready",
        () -> api.get("/servers/" + server).ok().path("status").asString().equals("READY"));
    return server;
  }

  JsonNode operation(String id) {
    return api.get("/operations/" + id).ok();
  }

  /** The operation that an answer names, when it has ended one way or the other. */
  JsonNode ended(JsonNode accepted) {
    var id = accepted.path("operation").path("id").asString();
    PanelProcess.await("the operation to end", () -> {
      var status = operation(id).path("status").asString();
      return status.equals("SUCCEEDED") || status.equals("FAILED") || status.equals("CANCELLED");
    });
    return operation(id);
  }

  JsonNode succeeded(JsonNode accepted) {
    var end = ended(accepted);
    assertThat(end.path("status").asString()).as("%s", end).isEqualTo("SUCCEEDED");
    return end;
  }

  @Override
  public void close() throws Exception {
    panel.close();
  }
}
