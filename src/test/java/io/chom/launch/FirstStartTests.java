package io.chom.launch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.chom.ChomApplication;
import io.chom.testing.Browser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole panel from an empty directory, as a person would start it. */
class FirstStartTests {
  @TempDir
  private Path home;

  @Test
  void printsWhereItIsAndWhoMaySignInOnceAndKeepsOnlyHashes() throws Exception {
    Path data = home.toRealPath().resolve("data");
    var settings = Map.of("CHOM_DATA_DIR", data.toString(), "CHOM_DEMO_HTTP_PORT", "" + Ports.another());
    String password;
    try (var panel = start(settings)) {
      assertThat(panel.output()).contains("CHOM is ready: http://127.0.0.1:" + panel.port(), "operator@", "admin@")
          .doesNotContain("\tat ");
      if (DemoHost.missing().isEmpty()) {
        PanelProcess.await("the demo server to be enrolled and prepared", () -> demoStatus(data).equals("READY"));
      }
      password = panel.output().lines().filter(line -> line.contains("admin@")).findFirst().orElseThrow().strip()
          .replaceAll(".*\\s", "");
      var children = panel.children();
      assertThat(panel.terminate()).isEqualTo(143);
      assertThat(children).noneMatch(ProcessHandle::isAlive);
    }
    assertThat(password).hasSizeGreaterThan(12);
    assertThat(mentions(data, password)).isFalse();
    try (var panel = start(settings)) {
      assertThat(panel.output()).contains("CHOM is ready").doesNotContain("admin@", password);
    }
  }

  @Test
  void saysHowToGetInWithoutTheDemoAndKeepsWhoIsInOverARestart() throws Exception {
    var settings = new HashMap<>(Map.of("CHOM_DATA_DIR", home.toRealPath().resolve("data").toString(), "CHOM_DEMO",
        "false", "CHOM_PORT", "" + Ports.another()));
    assertThat(doctor(settings)).containsPattern("warn +operator +.*CHOM_BOOTSTRAP_OPERATOR_EMAIL");
    try (var panel = start(settings)) {
      PanelProcess.await("the advice", () -> panel.output().contains("There is no operator"));
      assertThat(panel.output()).contains("CHOM_BOOTSTRAP_OPERATOR_EMAIL and CHOM_BOOTSTRAP_OPERATOR_PASSWORD")
          .doesNotContain("operator@", "admin@");
      assertThat(doctor(settings)).containsPattern("warn +operator +There is no operator");
    }
    settings.put("CHOM_BOOTSTRAP_OPERATOR_EMAIL", "ops@example.org");
    settings.put("CHOM_BOOTSTRAP_OPERATOR_PASSWORD", "correct horse battery staple");
    assertThat(doctor(settings)).containsPattern("ok +operator");
    Browser browser;
    try (var panel = start(settings)) {
      assertThat(panel.output()).doesNotContain("There is no operator", "correct horse");
      browser = new Browser(panel.port());
      assertThat(browser.signIn("ops@example.org", "correct horse battery staple").status()).isEqualTo(302);
      assertThat(browser.get("/servers").status()).isEqualTo(200);
    }
    settings.remove("CHOM_BOOTSTRAP_OPERATOR_EMAIL");
    settings.remove("CHOM_BOOTSTRAP_OPERATOR_PASSWORD");
    try (var panel = start(settings)) {
      assertThat(browser.get("/servers").status()).as("the session has outlived the panel").isEqualTo(200);
      assertThat(browser.post("/logout", Map.of()).location()).endsWith("/login?logout");
      assertThat(doctor(settings)).containsPattern("ok +operator +there is one");
      assertThat(panel.output()).doesNotContain("There is no operator");
    }
  }

  private static String doctor(Map<String, String> settings) {
    var out = new ByteArrayOutputStream();
    new Doctor(settings).examine(new PrintStream(out, true, UTF_8));
    return out.toString(UTF_8);
  }

  private static PanelProcess start(Map<String, String> settings) throws IOException {
    var panel = PanelProcess.start(ChomApplication.class, settings).ready();
    PanelProcess.await("the welcome", () -> panel.output().contains("CHOM is ready"));
    PanelProcess.await("the health check", () -> healthy(panel.port()));
    return panel;
  }

  private static boolean healthy(int port) {
    try (var client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/actuator/health/readiness")).build(),
          BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException _) {
      return false;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static String demoStatus(Path data) {
    try (
        var connection = DriverManager.getConnection(
            "jdbc:postgresql://127.0.0.1:" + Files.readString(data.resolve("postgres.port")).strip() + "/chom",
            "postgres", Files.readString(data.resolve("postgres.password")).strip());
        var statement = connection.createStatement();
        var rows = statement.executeQuery("select status from vps_server where name = 'demo'")) {
      return rows.next() ? rows.getString(1) : "";
    } catch (IOException | SQLException e) {
      throw new AssertionError(e);
    }
  }

  private static boolean mentions(Path directory, String secret) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).filter(file -> !file.startsWith(directory.resolve("bin")))
          .anyMatch(file -> contains(file, secret));
    }
  }

  private static boolean contains(Path file, String secret) {
    try {
      return new String(Files.readAllBytes(file), java.nio.charset.StandardCharsets.ISO_8859_1).contains(secret);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
