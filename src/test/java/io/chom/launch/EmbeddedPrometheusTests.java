package io.chom.launch;

import static io.chom.launch.PanelProcess.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The machine's own Prometheus beside a panel that is stopped and killed. */
class EmbeddedPrometheusTests {
  @TempDir
  private Path home;

  @Test
  void startsAndStopsWithThePanelBehindAPasswordAndComesBackAfterAKill() throws Exception {
    assumeThat(Child.found("prometheus")).as("prometheus is installed").isTrue();
    var data = home.toRealPath().resolve("data");
    var settings = Map.of("CHOM_DATA_DIR", data.toString(), "CHOM_DEMO", "false", "CHOM_PROMETHEUS_URL", "");
    long first;
    try (var panel = PanelProcess.start(BareApplication.class, settings)) {
      panel.ready();
      first = pid(data);
      assertThat(status(first, "")).isEqualTo(401);
      assertThat(status(first, "chom:" + Files.readString(data.resolve("prometheus.password")).strip())).isEqualTo(200);
      assertThat(Child.commandLine(first)).contains("--web.listen-address=127.0.0.1:")
          .contains("--storage.tsdb.retention.size=");
      ProcessHandle.of(first).orElseThrow().destroyForcibly();
      await("it to be started again", () -> pid(data) != first && alive(pid(data)));
      panel.kill();
    }
    long left = pid(data);
    assertThat(alive(left)).as("what a killed panel leaves behind").isTrue();
    try (var panel = PanelProcess.start(BareApplication.class, settings)) {
      panel.ready();
      await("the one left behind to be gone", () -> !alive(left));
      assertThat(alive(pid(data))).isTrue();
    }
    await("it to stop with the panel", () -> !alive(pid(data)));
  }

  private static int status(long pid, String login) throws Exception {
    var address = Child.commandLine(pid).replaceFirst("(?s).*--web.listen-address=(\\S+).*", "$1");
    var request = HttpRequest.newBuilder(URI.create("http://" + address + "/api/v1/status/config"));
    if (!login.isEmpty()) {
      request.header("Authorization", "Basic " + Base64.getEncoder().encodeToString(login.getBytes()));
    }
    return HttpClient.newHttpClient().send(request.build(), BodyHandlers.discarding()).statusCode();
  }

  private static long pid(Path data) {
    try {
      return Long.parseLong(Files.readString(data.resolve("prometheus/pid")).strip());
    } catch (java.io.IOException | NumberFormatException e) {
      return -1;
    }
  }

  private static boolean alive(long pid) {
    return !Child.commandLine(pid).isEmpty();
  }
}
