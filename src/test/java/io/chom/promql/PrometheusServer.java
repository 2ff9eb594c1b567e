package io.chom.promql;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A real Prometheus on the loopback, with the series it was given and no others. */
public final class PrometheusServer implements AutoCloseable {
  private static final JsonMapper JSON = JsonMapper.shared();

  private final HttpClient http = HttpClient.newHttpClient();
  private final Process process;
  private final URI query;

  private PrometheusServer(Process process, int port) {
    this.process = process;
    this.query = URI.create("http://127.0.0.1:" + port + "/api/v1/query");
  }

  /** Starts one on these samples, which are in the text format OpenMetrics. */
  public static PrometheusServer with(Path directory, String samples) throws Exception {
    Path text = Files.writeString(directory.resolve("samples.txt"), samples);
    Path data = Files.createDirectory(directory.resolve("data"));
    run(directory, List.of("promtool", "tsdb", "create-blocks-from", "openmetrics", text.toString(), data.toString()));
    Path config = Files.writeString(directory.resolve("prometheus.yml"), "global: {}\n");
    int port = freePort();
    var server = new PrometheusServer(start(directory, List.of("prometheus", "--config.file=" + config,
        "--storage.tsdb.path=" + data, "--storage.tsdb.retention.time=100y", "--web.listen-address=127.0.0.1:" + port,
        "--log.level=error")), port);
    Awaitility.await().atMost(Duration.ofSeconds(60)).ignoreExceptions().until(() -> server.ask("1", 0).has("data"));
    return server;
  }

  private static Process start(Path directory, List<String> command) throws IOException {
    return new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(directory.resolve("output").toFile())).start();
  }

  private static void run(Path directory, List<String> command) throws Exception {
    var process = start(directory, command);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(directory.resolve("output"))).isZero();
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  String address() {
    return query.resolve("/").toString();
  }

  /** The whole answer at this second. */
  public JsonNode ask(String expression, long second) {
    var form = "time=" + second + "&query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8);
    var request = HttpRequest.newBuilder(query).timeout(Duration.ofSeconds(30))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .POST(HttpRequest.BodyPublishers.ofString(form)).build();
    try {
      return JSON.readTree(http.send(request, HttpResponse.BodyHandlers.ofString()).body());
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(expression, e);
    }
  }

  @Override
  public void close() throws Exception {
    process.destroyForcibly().waitFor();
    http.close();
  }
}
