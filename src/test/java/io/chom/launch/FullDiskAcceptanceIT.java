package io.chom.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.ChomApplication;
import io.chom.testing.Browser;
import io.chom.testing.RootlessMachine;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A panel with its embedded PostgreSQL and Redis on a small disk of their own, which is filled to the last byte while it
 * works. The server that it manages is elsewhere and has room.
 */
@Tag("acceptance")
class FullDiskAcceptanceIT {
  private static final String TOKEN = "chom_fulldisk_0123456789abcdefghijklmnopqrs";
  private static final String PASSWORD = "correct horse battery staple";
  private static final int MOST = 400;

  @TempDir
  static Path directory;
  static Path disk;
  static Path data;
  static Map<String, String> settings;
  static PanelProcess panel;
  static RootlessMachine machine;
  static Api api;

  @BeforeAll
  static void start() throws Exception {
    var here = directory.toRealPath();
    disk = Files.createDirectories(here.resolve("disk"));
    run("truncate", "-s", "600M", here.resolve("image").toString());
    run("mkfs.ext4", "-q", "-m", "0", here.resolve("image").toString());
    run("mount", "-o", "loop", here.resolve("image").toString(), disk.toString());
    data = disk.resolve("data");
    machine = new RootlessMachine(Files.createDirectories(here.resolve("machine")));
    settings = Map.of("CHOM_DATA_DIR", data.toString(), "CHOM_DEMO", "false", "CHOM_TRUSTED_PROXIES", "127.0.0.1",
        "CHOM_BOOTSTRAP_OPERATOR_EMAIL", "ops@example.org", "CHOM_BOOTSTRAP_OPERATOR_PASSWORD", PASSWORD,
        "CHOM_BOOTSTRAP_TOKEN", TOKEN);
    panel = PanelProcess.start(ChomApplication.class, settings).ready();
    api = new Api(panel.port(), TOKEN);
    PanelProcess.await("the panel to answer", () -> api.get("/me").status() == 200);
    var scanned = api.post("/server-enrolments", Map.of("host", machine.host(), "port", machine.port())).ok();
    api.post("/server-enrolments/" + scanned.path("id").asString() + "/approval",
        Map.of("fingerprint", machine.fingerprint(), "name", "web-1", "user", RootlessMachine.USER, "password",
            RootlessMachine.PASSWORD))
        .ok();
    PanelProcess.await("the server to be ready", () -> number("vps_server where status = 'READY'") == 1);
    sql("update vps_server set capacity_sites = 10000");
  }

  @AfterAll
  static void stop() throws Exception {
    panel.close();
    machine.close();
    run("umount", disk.toString());
  }

  @Test
  void whatCannotBeWrittenIsRefusedAndNothingIsHalfDoneOrCalledFailed() throws Exception {
    var person = new Browser(panel.port()).with("Accept", "text/html");
    assertThat(person.signIn("ops@example.org", PASSWORD).location()).doesNotContain("error");
    assertThat(person.get("/operations").status()).isEqualTo(200);
    var filler = disk.resolve("filler");
    var promised = new LinkedHashMap<String, String>();
    Set<Integer> answers = new TreeSet<>();
    Set<Integer> pages = new TreeSet<>();
    fill(filler);
    try {
      for (int i = 0; i < MOST && !answers.contains(503); i++) {
        var domain = "full-" + i + ".example";
        var answer = api.post("/sites", Map.of("domain", domain, "type", "static"));
        answers.add(answer.status());
        pages.add(person.get("/operations").status());
        if (answer.status() == 202) {
          promised.put(domain, answer.body().path("operation").path("id").asString());
        } else if (answer.status() == 503) {
          assertThat(answer.body().path("code").asString()).isEqualTo("UNAVAILABLE");
        }
        // what is written ahead in good time is used up as well
        use();
        fill(filler);
      }
      assertThat(answers).as("full, and said so").contains(503).isSubsetOf(202, 503);
      PanelProcess.await("Redis to notice", () -> doctor().contains("refuses changes"));
      assertThat(doctor()).containsPattern("fail +disk").contains("make room");
      for (var page : List.of("/operations", "/sites", "/servers")) {
        var shown = person.get(page);
        pages.add(shown.status());
        assertThat(shown.body()).as(page).contains("<h1").doesNotContain("Exception").doesNotContain("No space");
      }
      assertThat(pages).isSubsetOf(200, 503);
      var stranger = new Browser(panel.port()).with("Accept", "text/html").get("/login");
      assertThat(stranger.status()).isEqualTo(503);
      assertThat(stranger.header("retry-after")).isNotEmpty();
      assertThat(stranger.body()).contains("<h1");
      var ready = new Browser(panel.port()).get("/actuator/health/readiness");
      assertThat(ready.status()).isEqualTo(200);
      assertThat(ready.body()).contains("\"diskSpace\":{\"status\":\"DOWN\"}");
    } finally {
      Files.delete(filler);
    }
    PanelProcess.await("everything to be back by itself",
        () -> new Browser(panel.port()).get("/actuator/health/readiness").body().contains("\"db\":{\"status\":\"UP\"}")
            && new Browser(panel.port()).get("/actuator/health/readiness").body()
                .contains("\"redis\":{\"status\":\"UP\"}"));
    PanelProcess.await("what was promised", () -> number("operation where status not in ('SUCCEEDED', 'FAILED',"
        + " 'CANCELLED')") == 0);
    assertThat(number("operation where status <> 'SUCCEEDED'")).isZero();
    assertThat(number("site s where not exists (select from operation o where o.subject_id = s.id)"))
        .as("sites without their operation").isZero();
    assertThat(promised).allSatisfy((domain, operation) -> {
      assertThat(number("operation where id = '" + operation + "'")).isEqualTo(1);
      assertThat(number("site where status = 'ACTIVE' and domain = '" + domain + "'")).isEqualTo(1);
    });
    PanelProcess.await("signing in", () -> new Browser(panel.port()).signIn("ops@example.org", PASSWORD).location()
        .equals("/"));
    assertThat(person.get("/operations").status()).isEqualTo(200);
    assertThat(api.post("/sites", Map.of("domain", "after.example", "type", "static")).status()).isEqualTo(202);
    assertThat(doctor()).doesNotContain("refuses changes");
  }

  // --- words ---

  private static void fill(Path filler) throws IOException {
    try (var out = Files.newOutputStream(filler, java.nio.file.StandardOpenOption.CREATE,
        java.nio.file.StandardOpenOption.APPEND)) {
      var bytes = new byte[64 * 1024];
      for (int size = bytes.length; size > 0; size = size / 2) {
        try {
          while (true) {
            out.write(bytes, 0, size);
          }
        } catch (IOException _) {
          // no room for so much: less of it
        }
      }
    } catch (IOException _) {
      // closing writes nothing more
    }
  }

  /** Makes PostgreSQL and Redis write: what lies ready for them ends. */
  private static void use() {
    try {
      sql("create table if not exists waste (text text)");
      sql("insert into waste select repeat(md5(n::text), 50) from generate_series(1, 2000) n");
      sql("select pg_switch_wal()");
    } catch (SQLException _) {
      // full
    }
    try (var redis = RedisTalk.connect(Integer.parseInt(Files.readString(data.resolve("redis.port")).strip()),
        Files.readString(data.resolve("redis.password")).strip())) {
      redis.ask("SET", "waste", "x".repeat(100_000));
    } catch (IOException _) {
      // full
    }
  }

  private static String doctor() {
    var out = new ByteArrayOutputStream();
    var environment = new java.util.HashMap<>(settings);
    environment.put("CHOM_PORT", "" + panel.port());
    new Doctor(environment).examine(new PrintStream(out, true, StandardCharsets.UTF_8));
    return out.toString(StandardCharsets.UTF_8);
  }

  private static String databaseUrl() throws SQLException {
    try {
      return "jdbc:postgresql://127.0.0.1:" + Files.readString(data.resolve("postgres.port")).strip()
          + "/chom?connectTimeout=5&socketTimeout=20&user=postgres&password="
          + Files.readString(data.resolve("postgres.password")).strip();
    } catch (IOException e) {
      throw new SQLException(e);
    }
  }

  private static void sql(String sql) throws SQLException {
    try (var connection = DriverManager.getConnection(databaseUrl()); var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** -1 while the database does not answer. */
  private static long number(String what) {
    try (var connection = DriverManager.getConnection(databaseUrl());
        var statement = connection.createStatement();
        var rows = statement.executeQuery("select count(*) from " + what)) {
      rows.next();
      return rows.getLong(1);
    } catch (SQLException _) {
      return -1;
    }
  }

  private static void run(String... command) throws Exception {
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
  }
}
