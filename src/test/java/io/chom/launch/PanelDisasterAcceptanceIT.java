package io.chom.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.chom.ChomApplication;
import io.chom.testing.Browser;
import io.chom.testing.RealServices;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * The drill of docs/disaster.md with whole processes: the panel's machine is gone, and another one goes on with the same
 * servers, from one file and one passphrase.
 */
@Tag("acceptance")
@ExtendWith(RealServices.class)
class PanelDisasterAcceptanceIT {
  private static final String EMAIL = "ops@example.org";
  private static final String PASSWORD = "correct horse battery staple";
  private static final String TOKEN = "drill-token-0123456789-0123456789-abcdef";

  @TempDir
  private Path home;
  private final Map<String, String> settings = new HashMap<>();

  @BeforeEach
  void aMachineWithADemoServer() throws Exception {
    assumeThat(DemoHost.missing()).as("what the demo server needs").isEmpty();
    home = home.toRealPath();
    settings.putAll(Map.of("CHOM_DATA_DIR", home.resolve("first").toString(), "CHOM_REDIS_URL", RealServices.redisUrl(),
        "CHOM_DEMO_HTTP_PORT", "" + Ports.another(), "CHOM_BOOTSTRAP_OPERATOR_EMAIL", EMAIL,
        "CHOM_BOOTSTRAP_OPERATOR_PASSWORD", PASSWORD, "CHOM_BOOTSTRAP_TOKEN", TOKEN, "CHOM_BACKUP_PASSPHRASE",
        "a passphrase for the drill", "CHOM_PANEL_BACKUP_DIRECTORY",
        Files.createDirectory(home.resolve("safe")).toString()));
  }

  /** A web server that outlived its panel. */
  @AfterEach
  void nothingRunsOn() throws Exception {
    for (String place : List.of("first", "lost", "second")) {
      Path root = home.resolve(place).resolve("demo-server/root");
      if (Files.isDirectory(root)) {
        new DemoHost(root.toRealPath(), 0).stop();
      }
    }
  }

  /** What the panel of before did until it was gone, and the session of somebody who was signed in there. */
  private record Before(Path backup, Browser browser) {}

  private Before panelUntilItsEnd() throws Exception {
    var file = home.resolve("copy");
    Path first = home.resolve("first");
    try (var panel = PanelProcess.start(ChomApplication.class, settings).ready()) {
      var api = new Api(panel.port(), TOKEN);
      PanelProcess.await("the demo server", () -> api.get("/servers").body().toString().contains("\"READY\""));
      PanelProcess.await("its tenant", () -> api.get("/tenants").body().toString().contains("\"demo\""));
      PanelProcess.await("the panel's own clock to have made a copy", () -> files(home.resolve("safe")) == 1);
      String done = site(api, "done.example");
      PanelProcess.await("the site", () -> status(first, done).equals("ACTIVE"));
      // nothing new begins: both wait in the queue while the copy is made
      update(first, "insert into queue_pause (scope, paused_by) values ('all', 'drill')");
      String unsent = site(api, "unsent.example");
      String later = site(api, "later.example");
      command(settings, 0, "backup-panel", "--to=" + file);
      update(first,
          "update operation set status = 'CANCELLED', finished_at = now() where subject_id = '" + unsent + "'");
      update(first, "delete from queue_pause");
      PanelProcess.await("what was queued to be done after the copy", () -> status(first, later).equals("ACTIVE"));
      var browser = new Browser(panel.port());
      assertThat(browser.signIn(EMAIL, PASSWORD).status()).isEqualTo(302);
      assertThat(browser.get("/servers").status()).isEqualTo(200);
      settings.put("CHOM_PORT", "" + panel.port());
      panel.killAll();
      return new Before(file, browser);
    }
  }

  private static long files(Path directory) {
    try (var all = Files.list(directory)) {
      return all.filter(file -> file.toString().endsWith(".backup")).count();
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
  }

  private static String site(Api api, String domain) {
    String demo = api.get("/tenants").ok().path("items").valueStream()
        .filter(tenant -> tenant.path("slug").asString().equals("demo")).findFirst().orElseThrow().path("id")
        .asString();
    return api.post("/sites", Map.of("tenantId", demo, "domain", domain, "type", "static")).ok().path("id").asString();
  }

  private static void command(Map<String, String> settings, int exit, String... words) throws Exception {
    try (var command = PanelProcess.start(ChomApplication.class, settings, words)) {
      assertThat(command.end()).as(command.output()).isEqualTo(exit);
      assertThat(command.output()).doesNotContain("\tat ");
    }
  }

  /** The servers are other machines: they are where and as the panel of before left them. */
  private void onlyTheServersAreLeft() throws Exception {
    Files.move(home.resolve("first"), home.resolve("lost"));
    Files.createDirectory(home.resolve("first"));
    Files.move(home.resolve("lost/demo-server"), home.resolve("first/demo-server"));
  }

  @Test
  void anotherMachineGoesOnFromOneFileAndOnePassphrase() throws Exception {
    var before = panelUntilItsEnd();
    onlyTheServersAreLeft();
    Path second = home.resolve("first");
    settings.keySet().removeAll(List.of("CHOM_BOOTSTRAP_OPERATOR_EMAIL", "CHOM_BOOTSTRAP_OPERATOR_PASSWORD",
        "CHOM_BOOTSTRAP_TOKEN"));
    command(settings, 0, "restore-panel", "--from=" + before.backup());
    command(settings, Launch.WRONG_SETUP, "restore-panel", "--from=" + before.backup());
    try (var panel = PanelProcess.start(ChomApplication.class, settings).ready()) {
      var api = new Api(panel.port(), TOKEN);
      PanelProcess.await("the token and the server", () -> api.get("/servers").body().toString().contains("\"READY\""));
      assertThat(before.browser().get("/servers").status()).as("a session of the panel before").isEqualTo(302);
      assertThat(new Browser(panel.port()).signIn(EMAIL, PASSWORD).location()).doesNotContain("error");
      PanelProcess.await("the server's word on all that was under way",
          () -> one(second, "select count(*) from operation where status not in ('SUCCEEDED', 'FAILED')").equals("0"));
      assertThat(one(second, "select string_agg(s.domain || ' ' || s.status || ' ' || coalesce(o.error_code, ''), ', '"
          + " order by s.domain) from site s join operation o on o.subject_id = s.id")).isEqualTo(
              "done.example ACTIVE , later.example ACTIVE , unsent.example FAILED NOT_REPEATED");
      update(second, "delete from queue_pause");
      String fresh = site(api, "fresh.example");
      PanelProcess.await("new work on the same server", () -> status(second, fresh).equals("ACTIVE"));
    }
  }

  @Test
  void aRestoreThatIsKilledInTheMiddleLetsNoPanelStartAndEndsWholeWhenAskedAgain() throws Exception {
    var before = panelUntilItsEnd();
    onlyTheServersAreLeft();
    Path second = home.resolve("first");
    String half = restoreIsKilled(before, "", PanelProcess::kill);
    refusesToStart();
    restoreIsKilled(before, half, PanelProcess::killAll);
    refusesToStart();
    command(settings, 0, "restore-panel", "--from=" + before.backup());
    try (var panel = PanelProcess.start(ChomApplication.class, settings).ready()) {
      var api = new Api(panel.port(), TOKEN);
      PanelProcess.await("the token and the server", () -> api.get("/servers").body().toString().contains("\"READY\""));
      assertThat(new Browser(panel.port()).signIn(EMAIL, PASSWORD).location()).doesNotContain("error");
      assertThat(one(second, "select count(*) from pg_namespace where nspname like 'chom%'")).isEqualTo("0");
      PanelProcess.await("the site that was there", () -> one(second,
          "select status from site where domain = 'done.example'").equals("ACTIVE"));
    }
  }

  /** A way to end a process. */
  private interface Kill {
    void of(PanelProcess process) throws InterruptedException;
  }

  /**
   * kill -9 while the mark stands in the database.
   *
   * @param earlier what an earlier one was filling
   * @return what this one was filling
   */
  private String restoreIsKilled(Before before, String earlier, Kill kill) throws Exception {
    Path data = home.resolve("first");
    var now = new AtomicReference<>("");
    try (var restore = PanelProcess.start(ChomApplication.class, settings, "restore-panel",
        "--from=" + before.backup())) {
      PanelProcess.await("it to have begun", () -> {
        now.set(halfRestored(data));
        return restore.ended() || !List.of("", earlier).contains(now.get());
      });
      assertThat(restore.ended()).as(restore.output()).isFalse();
      kill.of(restore);
      assertThat(restore.output()).doesNotContain("Restored into");
      return now.get();
    }
  }

  private void refusesToStart() throws Exception {
    try (var panel = PanelProcess.start(ChomApplication.class, settings)) {
      assertThat(panel.end()).as(panel.output()).isEqualTo(Launch.WRONG_SETUP);
      assertThat(panel.output()).contains("restore-panel again");
    }
  }

  /** What a restore fills that has not ended; empty where there is none, or its database does not answer yet. */
  private static String halfRestored(Path data) {
    try (var connection = database(data);
        var rows = connection.createStatement().executeQuery(
            "select oid from pg_namespace where nspname = 'public' and to_regnamespace('chom_restore') is not null")) {
      return rows.next() ? rows.getString(1) : "";
    } catch (SQLException _) {
      return "";
    }
  }

  @Test
  void itIsRestoredIntoAnInstalledPostgresqlByAnAdministrator() throws Exception {
    var before = panelUntilItsEnd();
    Path second = home.resolve("second");
    try (var postgres = EmbeddedPostgres.builder().setServerConfig("unix_socket_directories", "").start()) {
      settings.put("CHOM_DATA_DIR", second.toString());
      settings.put("CHOM_DATABASE_ADMIN_URL",
          "jdbc:postgresql://127.0.0.1:" + postgres.getPort() + "/postgres?user=postgres&password=postgres");
      command(settings, 0, "restore-panel", "--from=" + before.backup());
      settings.put("CHOM_MASTER_KEY", Files.readString(second.resolve("master.key")).strip());
      try (var panel = PanelProcess.start(ChomApplication.class, settings).ready()) {
        var api = new Api(panel.port(), TOKEN);
        PanelProcess.await("the token", () -> api.get("/servers").status() == 200);
        assertThat(api.get("/servers").ok().path("items").get(0).path("name").asString()).isEqualTo("demo");
        assertThat(new Browser(panel.port()).signIn(EMAIL, PASSWORD).location()).doesNotContain("error");
        command(settings, 1, "restore-panel", "--from=" + home.resolve("nowhere"));
        command(settings, 0, "backup-panel", "--to=" + home.resolve("again"));
      }
    }
  }

  private static String status(Path data, String site) {
    return one(data, "select status from site where id = '" + site + "'");
  }

  private static String one(Path data, String query) {
    try (var connection = database(data); var rows = connection.createStatement().executeQuery(query)) {
      return rows.next() ? String.valueOf(rows.getString(1)) : "";
    } catch (SQLException e) {
      throw new AssertionError(query, e);
    }
  }

  private static void update(Path data, String sql) throws SQLException {
    try (var connection = database(data)) {
      connection.createStatement().execute(sql);
    }
  }

  private static Connection database(Path data) throws SQLException {
    try {
      return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:"
          + Files.readString(data.resolve("postgres.port")).strip() + "/chom", "postgres",
          Files.readString(data.resolve("postgres.password")).strip());
    } catch (java.io.IOException e) {
      throw new SQLException(e);
    }
  }
}
