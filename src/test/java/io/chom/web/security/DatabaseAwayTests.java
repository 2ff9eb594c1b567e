package io.chom.web.security;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.chom.ChomApplication;
import io.chom.ssh.Eventually;
import io.chom.tenancy.DatabaseLogin;
import io.chom.tenancy.DatabaseLogins;
import io.chom.tenancy.DatabaseRoles;
import io.chom.testing.Browser;
import io.chom.testing.RealServices;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.json.JsonMapper;

/** A panel on a PostgreSQL of its own, which is stopped under it and started again, or made to wait. */
@ExtendWith(RealServices.class)
class DatabaseAwayTests {
  private static final String PASSWORD = "correct horse battery staple";
  private static final String EMAIL = "root@example.org";
  private static final String TOKEN = "chom_" + "a1".repeat(20);

  private static final int AT_ONCE = 40;

  @TempDir
  private static Path data;
  private static EmbeddedPostgres postgres;
  private static int databasePort;
  private static DatabaseLogins logins;
  private static ConfigurableApplicationContext panel;
  private static int port;

  private static EmbeddedPostgres start(int port) throws IOException {
    return EmbeddedPostgres.builder().setDataDirectory(data.resolve("pg")).setCleanDataDirectory(false).setPort(port)
        .setServerConfig("unix_socket_directories", "").start();
  }

  @BeforeAll
  static void startThePanel() throws IOException {
    postgres = start(0);
    databasePort = postgres.getPort();
    var administrator = DatabaseLogin.parse("CHOM_DATABASE_ADMIN_URL",
        "postgresql://postgres:postgres@127.0.0.1:" + databasePort + "/postgres");
    logins = DatabaseRoles.create(administrator, "chom", role -> role);
    panel = new SpringApplicationBuilder(ChomApplication.class).run("--server.port=0",
        "--chom.database.url=" + logins.app().urlWithLogin(),
        "--chom.database.migration-url=" + logins.migration().urlWithLogin(),
        "--chom.database.jobs-url=" + logins.jobs().urlWithLogin(), "--chom.bootstrap.operator-email=" + EMAIL,
        "--chom.bootstrap.operator-password=" + PASSWORD, "--chom.bootstrap.token=" + TOKEN,
        "--chom.servers.probe-every=2s");
    port = panel.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
  }

  @AfterAll
  static void stopThePanel() throws IOException {
    panel.close();
    postgres.close();
  }

  private static Browser operator() {
    var browser = new Browser(port).with("Accept", "text/html");
    Eventually.that(() -> browser.signIn(EMAIL, PASSWORD).location().equals("/"));
    return browser;
  }

  @Test
  void saysSoAndLosesNothing() throws Exception {
    var browser = operator();
    assertThat(browser.get("/").status()).isEqualTo(200);
    assertThat(api("GET", "/api/v1/servers", "").statusCode()).isEqualTo(200);

    postgres.close();
    try {
      var page = browser.get("/servers");
      assertThat(page.status()).isEqualTo(503);
      assertThat(page.header("retry-after")).isNotEmpty();
      assertThat(page.body()).contains("<h1>").doesNotContain("Exception").doesNotContain("at io.chom");
      var refused = api("POST", "/api/v1/sites", "{\"domain\":\"lost.example.org\",\"type\":\"static\"}");
      assertThat(refused.statusCode()).as(refused.body()).isEqualTo(503);
      assertThat(refused.headers().firstValue("retry-after")).isPresent();
      assertThat(refused.body()).contains("UNAVAILABLE").doesNotContain("Exception");
      var ready = new Browser(port).get("/actuator/health/readiness");
      assertThat(ready.status()).as("people get the panel's page, not the proxy's").isEqualTo(200);
      assertThat(ready.body()).contains("\"db\":{\"status\":\"DOWN\"}", "\"redis\":{\"status\":\"UP\"}");
      assertThat(new Browser(port).get("/actuator/health/liveness").status()).isEqualTo(200);
      assertThat(new Browser(port).get("/actuator/health").status()).isEqualTo(503);
    } finally {
      postgres = start(databasePort);
    }
    Eventually.that(() -> browser.get("/servers").status() == 200);
    assertThat(count("idempotency_key where key = 'the-same-one'")).as("requests begun").isZero();
    assertThat(new Browser(port).get("/actuator/health/readiness").body()).contains("\"db\":{\"status\":\"UP\"}");
    // whoever looks after the servers goes on as well
    Eventually.that(() -> count("watch_node where heard_at > pg_postmaster_start_time()") == 1);
  }

  @Test
  void aRequestCutInTheMiddleIsWholeOrNotThereAndRepeatingItMakesItOnce() throws Exception {
    operator();
    prepareAServer();
    var body = "{\"domain\":\"cut.example.org\",\"type\":\"static\"}";
    try (var lock = administrator(); var statement = lock.createStatement()) {
      lock.setAutoCommit(false);
      // the request waits in the middle of its transaction: its site is written, its operation is not
      statement.execute("lock table operation in access exclusive mode");
      var asked = CompletableFuture.supplyAsync(() -> api("POST", "/api/v1/sites", body));
      Eventually.that(() -> count("pg_stat_activity where wait_event_type = 'Lock'"
          + " and application_name = 'chom-app' and query ilike '%operation%'") > 0);
      postgres.close();
      assertThat(asked.get(60, TimeUnit.SECONDS).statusCode()).isEqualTo(503);
    } catch (SQLException e) {
      // the connection that held the lock died with the rest
      assertThat(e.getSQLState()).startsWith("08");
    } finally {
      postgres = start(databasePort);
    }
    Eventually.that(() -> count("site where domain = 'cut.example.org'") >= 0);
    assertThat(count("site where domain = 'cut.example.org'")).isEqualTo(
        count("operation where subject_label = 'cut.example.org'"));
    var last = new AtomicReference<HttpResponse<String>>();
    Eventually.that(() -> {
      // the panel could not take its note back: it holds for a minute
      administrator("update idempotency_key set created_at = created_at - interval '2 minutes'");
      last.set(api("POST", "/api/v1/sites", body));
      return last.get().statusCode() != 503;
    });
    var again = last.get();
    assertThat(again.statusCode()).as(again.body()).isEqualTo(202);
    // a worker may have begun it meanwhile: it is the same one
    assertThat(operation(api("POST", "/api/v1/sites", body))).isEqualTo(operation(again));
    assertThat(count("site where domain = 'cut.example.org'")).isEqualTo(1);
    assertThat(count("operation where subject_label = 'cut.example.org'")).isEqualTo(1);
  }

  @Test
  void aSlowDatabaseMakesPagesWaitWithinBoundsAndLosesNoLease() throws Exception {
    var browser = operator();
    var pool = panel.getBean(DataSource.class).unwrap(HikariDataSource.class).getHikariPoolMXBean();
    var asked = new ArrayList<CompletableFuture<Browser.Answer>>();
    try (var lock = administrator(); var statement = lock.createStatement()) {
      lock.setAutoCommit(false);
      statement.execute("lock table vps_server in access exclusive mode");
      for (int i = 0; i < AT_ONCE; i++) {
        asked.add(CompletableFuture.supplyAsync(() -> browser.get("/servers"), Thread::startVirtualThread));
      }
      // those that found no connection give up while the others still wait
      Eventually.that(() -> asked.stream().filter(CompletableFuture::isDone).count() >= AT_ONCE - pool
          .getTotalConnections());
      assertThat(asked.stream().filter(CompletableFuture::isDone)).isNotEmpty().allSatisfy(answer -> {
        assertThat(answer.join().status()).isEqualTo(503);
        assertThat(answer.join().body()).contains("<h1>");
      });
      assertThat(count("pg_stat_activity where application_name = 'chom-app' and wait_event_type = 'Lock'"))
          .isLessThanOrEqualTo(pool.getTotalConnections());
      lock.rollback();
    }
    assertThat(asked).allSatisfy(answer -> assertThat(answer.get(60, TimeUnit.SECONDS).status()).isIn(200, 503));
    assertThat(asked).anySatisfy(answer -> assertThat(answer.join().status()).isEqualTo(200));
    assertThat(browser.get("/servers").status()).isEqualTo(200);
    assertThat(pool.getThreadsAwaitingConnection()).isZero();
  }

  @Test
  void whatNobodyWaitsForAnyMoreEndsInTheDatabaseToo() throws Exception {
    for (var source : List.of(panel.getBean(DataSource.class), panel.getBean("jobsDataSource", DataSource.class))) {
      try (var connection = source.getConnection(); var statement = connection.createStatement()) {
        for (var limit : Map.of("statement_timeout", "15s", "lock_timeout", "10s",
            "idle_in_transaction_session_timeout", "15s").entrySet()) {
          try (var row = statement.executeQuery("show " + limit.getKey())) {
            row.next();
            assertThat(row.getString(1)).as(limit.getKey()).isEqualTo(limit.getValue());
          }
        }
      }
    }
  }

  /** A shared server, of which the tests need no more than that the fleet knows it. */
  private static void prepareAServer() {
    administrator("insert into vps_server (id, tenant_id, name, host, port, login_user, host_key, host_key_algorithm,"
        + " key_id, private_key_sealed, public_key, status, health_at) values (uuidv7(),"
        + " '00000000-0000-7000-8000-000000000001', 'web-1', '127.0.0.1', 22, 'chom', 'SHA256:x', 'ssh-ed25519', 'k1',"
        + " 'sealed', 'ssh-ed25519 AAAA', 'READY', now() + interval '1 day')");
    administrator("insert into server_allocation (tenant_id, server_id, server_tenant_id, server_name, public_host)"
        + " select tenant_id, id, tenant_id, name, host from vps_server on conflict do nothing");
  }

  private static Connection administrator() throws SQLException {
    return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + databasePort + "/chom", "postgres", "postgres");
  }

  private static void administrator(String sql) {
    try (var connection = administrator(); var statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  /** -1 while nobody answers. */
  private static int count(String what) {
    try (var connection = administrator();
        var statement = connection.createStatement();
        var rows = statement.executeQuery("select count(*) from " + what)) {
      rows.next();
      return rows.getInt(1);
    } catch (SQLException e) {
      return -1;
    }
  }

  private static String operation(HttpResponse<String> accepted) {
    return JsonMapper.shared().readTree(accepted.body()).path("operation").path("id").asString();
  }

  private static HttpResponse<String> api(String method, String path, String body) {
    try {
      return HttpClient.newHttpClient().send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
              .header("Authorization", "Bearer " + TOKEN).header("Content-Type", "application/json")
              .header("Idempotency-Key", body.contains("cut") ? "cut" : "the-same-one")
              .method(method, BodyPublishers.ofString(body)).build(),
          BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
