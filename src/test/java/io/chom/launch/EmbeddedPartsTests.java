package io.chom.launch;

import static io.chom.launch.PanelProcess.await;
import static io.chom.launch.PanelProcess.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The embedded servers, in real processes that are stopped and killed; all on one data directory, made once. */
class EmbeddedPartsTests {
  @TempDir
  private static Path home;
  private static Path data;
  private static Map<String, String> settings;

  @BeforeAll
  static void firstStart() throws Exception {
    data = home.toRealPath().resolve("data");
    settings = Map.of("CHOM_DATA_DIR", data.toString(), "CHOM_DEMO", "false");
    try (var panel = start()) {
      panel.ready();
    }
  }

  private static PanelProcess start() throws IOException {
    return PanelProcess.start(BareApplication.class, settings);
  }

  @Test
  void keepsItsDataToItself() throws Exception {
    try (Stream<Path> files = Files.list(data)) {
      assertThat(files)
          .allSatisfy(file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
              .endsWith("------"));
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data))).isEqualTo("rwx------");
  }

  @Test
  void aDatabaseWhoseKeyIsGoneGetsNoNewOneInItsPlace() throws Exception {
    Path key = data.resolve("master.key");
    Files.move(key, data.resolve("away"));
    try (var panel = start()) {
      assertThat(panel.end()).isEqualTo(Launch.WRONG_SETUP);
      assertThat(panel.output()).contains("put its key back", "restore-panel again");
      assertThat(key).doesNotExist();
    } finally {
      Files.move(data.resolve("away"), key);
    }
  }

  @Test
  void isAsDurableAndAsClosedAsAnInstalledServer() throws Exception {
    try (var panel = start().ready(); var database = database(); var redis = redis()) {
      assertThat(List.of("fsync", "synchronous_commit", "listen_addresses", "password_encryption", "data_checksums"))
          .extracting(name -> one(database, "show " + name))
          .containsExactly("on", "on", "127.0.0.1", "scram-sha-256", "on");
      assertThat(redis.ask("CONFIG", "GET", "appendonly")).contains("yes");
      assertThat(redis.ask("CONFIG", "GET", "bind")).contains("127.0.0.1");
      assertThatThrownBy(() -> connect("wrong")).isInstanceOf(SQLException.class).hasMessageContaining("password");
      assertThatThrownBy(() -> RedisTalk.connect(port("redis"), "wrong")).hasMessageContaining("WRONGPASS");
      assertThat(panel.children()).extracting(child -> child.info().commandLine().orElse(""))
          .noneMatch(line -> line.contains(kept("redis.password")) || line.contains(kept("postgres.password")));
    }
  }

  @Test
  void refusesASecondPanelOnTheSameData() throws Exception {
    try (var first = start().ready(); var second = start()) {
      assertThat(second.end()).isEqualTo(Launch.WRONG_SETUP);
      assertThat(second.output()).contains("process " + first.pid(), data.toString(), "CHOM_DATA_DIR")
          .doesNotContain("\tat ");
      assertThat(one(database(), "select 1")).isEqualTo("1");
    }
  }

  @Test
  void leavesNoChildBehindWhenTerminated() throws Exception {
    try (var panel = start().ready()) {
      var children = panel.children();
      assertThat(children).hasSizeGreaterThanOrEqualTo(2);
      panel.terminate();
      assertThat(children).noneMatch(ProcessHandle::isAlive);
      assertThat(data.resolve("postgres/postmaster.pid")).doesNotExist();
    }
  }

  @Test
  void leavesNoChildBehindWhenTerminatedInTheMiddleOfItsStart() throws Exception {
    try (var panel = start()) {
      await("PostgreSQL to start", () -> Files.exists(data.resolve("postgres/postmaster.pid")));
      panel.terminate();
      assertThat(data.resolve("postgres/postmaster.pid")).doesNotExist();
      assertThat(Ports.free(Ports.loopback(), port("redis"))).isTrue();
    }
  }

  @Test
  void losesNothingWhenThePanelAloneIsKilled() throws Exception {
    String fact = UUID.randomUUID().toString();
    List<ProcessHandle> orphans;
    try (var panel = start().ready()) {
      remember(fact);
      orphans = panel.children();
      panel.kill();
    }
    assertThat(orphans).anyMatch(ProcessHandle::isAlive);
    try (var panel = start().ready()) {
      assertRemembered(fact);
      // they hang up before they end, and count as alive until the machine has buried them
      await("the orphans to end", () -> orphans.stream().noneMatch(ProcessHandle::isAlive));
    }
  }

  @Test
  void losesNothingWhenEverythingIsKilled() throws Exception {
    String fact = UUID.randomUUID().toString();
    try (var panel = start().ready()) {
      remember(fact);
      panel.killAll();
    }
    assertThat(data.resolve("postgres/postmaster.pid")).exists();
    try (var panel = start().ready()) {
      assertRemembered(fact);
    }
  }

  @Test
  void startsItsServersAgainWhenTheyDie() throws Exception {
    String fact = UUID.randomUUID().toString();
    try (var panel = start().ready()) {
      remember(fact);
      var ports = List.of(port("postgres"), port("redis"));
      panel.children().forEach(ProcessHandle::destroyForcibly);
      await("both to be back", EmbeddedPartsTests::bothAnswer);
      assertRemembered(fact);
      assertThat(List.of(port("postgres"), port("redis"))).as("where the panel looks for them").isEqualTo(ports);
    }
  }

  private static boolean bothAnswer() {
    try (var database = database(); var redis = redis()) {
      return one(database, "select 1").equals("1") && redis.ask("PING").contains("PONG");
    } catch (SQLException | IOException | AssertionError _) {
      return false;
    }
  }

  @Test
  void startsAlthoughAnotherProgramGotTheOldServersNumber() throws Exception {
    Path pidFile = data.resolve("postgres/postmaster.pid");
    Files.writeString(pidFile, ProcessHandle.current().pid() + "\n" + data.resolve("postgres") + "\n");
    try (var panel = start().ready()) {
      assertThat(one(database(), "select 1")).isEqualTo("1");
      assertThat(Files.readAllLines(pidFile).getFirst()).isNotEqualTo("" + ProcessHandle.current().pid());
    }
  }

  @Test
  void takesOtherPortsWhereItsUsualOnesAreBusyAndRemembersThem() throws Exception {
    try (var one = new ServerSocket(); var two = new ServerSocket()) {
      one.bind(new InetSocketAddress(Ports.loopback(), port("postgres")));
      two.bind(new InetSocketAddress(Ports.loopback(), port("redis")));
      try (var panel = start().ready()) {
        assertThat(port("postgres")).isNotEqualTo(one.getLocalPort());
        assertThat(port("redis")).isNotEqualTo(two.getLocalPort());
        assertThat(one(database(), "select 1")).isEqualTo("1");
        assertThat(redis().ask("PING")).containsExactly("PONG");
      }
    }
  }

  @Test
  void refusesABusyPortForBrowsersByTheNameOfItsSetting() throws Exception {
    try (var busy = new ServerSocket(0, 1, Ports.loopback());
        var panel = PanelProcess.start(BareApplication.class, with(settings, "CHOM_PORT", "" + busy.getLocalPort()))) {
      assertThat(panel.end()).isEqualTo(Launch.WRONG_SETUP);
      assertThat(panel.output()).contains("CHOM_PORT", "" + busy.getLocalPort()).doesNotContain("\tat ");
    }
  }

  @Test
  void refusesDataOfAnotherMajorVersion() throws Exception {
    Path version = data.resolve("postgres/PG_VERSION");
    Files.writeString(version, "17\n");
    try (var panel = start()) {
      assertThat(panel.end()).isEqualTo(Launch.WRONG_SETUP);
      assertThat(panel.output()).contains("PostgreSQL 17", "PostgreSQL 18", "pg_dump").doesNotContain("\tat ");
    } finally {
      Files.writeString(version, "18\n");
    }
  }

  private static void remember(String fact) throws Exception {
    try (var connection = database(); var statement = connection.createStatement(); var redis = redis()) {
      statement.execute("create table if not exists fact (text text)");
      statement.execute("insert into fact values ('" + fact + "')");
      redis.ask("XADD", "facts", "*", "text", fact);
    }
  }

  private static void assertRemembered(String fact) throws Exception {
    try (var connection = database(); var redis = redis()) {
      assertThat(one(connection, "select count(*) from fact where text = '" + fact + "'")).isEqualTo("1");
      assertThat(redis.ask("XRANGE", "facts", "-", "+")).contains(fact);
    }
  }

  private static String one(Connection connection, String query) {
    try (var statement = connection.createStatement(); var rows = statement.executeQuery(query)) {
      rows.next();
      return rows.getString(1);
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private static Connection database() throws SQLException {
    return connect(kept("postgres.password"));
  }

  private static Connection connect(String password) throws SQLException {
    return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port("postgres") + "/postgres", "postgres",
        password);
  }

  private static RedisTalk redis() throws IOException {
    return RedisTalk.connect(port("redis"), kept("redis.password"));
  }

  private static int port(String server) {
    return Integer.parseInt(kept(server + ".port"));
  }

  private static String kept(String name) {
    try {
      return Files.readString(data.resolve(name)).strip();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
