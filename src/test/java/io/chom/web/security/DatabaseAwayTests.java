package io.chom.web.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.ChomApplication;
import io.chom.ssh.Eventually;
import io.chom.tenancy.DatabaseLogin;
import io.chom.tenancy.DatabaseRoles;
import io.chom.testing.Browser;
import io.chom.testing.RealServices;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.builder.SpringApplicationBuilder;

/** A panel on a PostgreSQL of its own, which is stopped under it and started again. */
@ExtendWith(RealServices.class)
class DatabaseAwayTests {
  private static final String PASSWORD = "correct horse battery staple";
  private static final String EMAIL = "root@example.org";
  private static final String TOKEN = "chom_" + "a1".repeat(20);

  @TempDir
  private Path data;

  private EmbeddedPostgres start(int port) throws IOException {
    return EmbeddedPostgres.builder().setDataDirectory(data.resolve("pg")).setCleanDataDirectory(false).setPort(port)
        .setServerConfig("unix_socket_directories", "").start();
  }

  @Test
  void saysSoAndLosesNothing() throws Exception {
    var postgres = start(0);
    int databasePort = postgres.getPort();
    var administrator = DatabaseLogin.parse("CHOM_DATABASE_ADMIN_URL",
        "postgresql://postgres:postgres@127.0.0.1:" + databasePort + "/postgres");
    var logins = DatabaseRoles.create(administrator, "chom", role -> role);
    try (var panel = new SpringApplicationBuilder(ChomApplication.class).run("--server.port=0",
        "--chom.database.url=" + logins.app().urlWithLogin(),
        "--chom.database.migration-url=" + logins.migration().urlWithLogin(),
        "--chom.database.jobs-url=" + logins.jobs().urlWithLogin(), "--chom.bootstrap.operator-email=" + EMAIL,
        "--chom.bootstrap.operator-password=" + PASSWORD, "--chom.bootstrap.token=" + TOKEN)) {
      int port = panel.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
      var browser = new Browser(port).with("Accept", "text/html");
      assertThat(browser.signIn(EMAIL, PASSWORD).location()).doesNotContain("error");
      assertThat(browser.get("/").status()).isEqualTo(200);
      assertThat(api(port, "GET", "/api/v1/servers", "").statusCode()).isEqualTo(200);

      postgres.close();
      var page = browser.get("/servers");
      assertThat(page.status()).isEqualTo(503);
      assertThat(page.header("retry-after")).isNotEmpty();
      assertThat(page.body()).contains("<h1>").doesNotContain("Exception").doesNotContain("at io.chom");
      var refused = api(port, "POST", "/api/v1/sites", "{\"domain\":\"lost.example.org\",\"type\":\"static\"}");
      assertThat(refused.statusCode()).as(refused.body()).isEqualTo(503);
      assertThat(refused.headers().firstValue("retry-after")).isPresent();
      assertThat(refused.body()).contains("UNAVAILABLE").doesNotContain("Exception");

      postgres = start(databasePort);
      Eventually.that(() -> browser.get("/servers").status() == 200);
      assertThat(requests(logins.migration())).as("requests begun").isZero();
    } finally {
      postgres.close();
    }
  }

  private static HttpResponse<String> api(int port, String method, String path, String body) throws Exception {
    return HttpClient.newHttpClient().send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .header("Authorization", "Bearer " + TOKEN).header("Content-Type", "application/json")
            .header("Idempotency-Key", "the-same-one").method(method, BodyPublishers.ofString(body)).build(),
        BodyHandlers.ofString());
  }

  private static int requests(DatabaseLogin login) throws SQLException {
    try (var connection = DriverManager.getConnection(login.urlWithLogin());
        var statement = connection.createStatement();
        var rows = statement.executeQuery("select count(*) from idempotency_key")) {
      rows.next();
      return rows.getInt(1);
    }
  }
}
