package io.chom.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.ChomApplication;
import io.chom.testing.RealServices;
import io.chom.testing.RigHost;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Two panels on one PostgreSQL and one Redis, all of them processes that can be killed and started again. */
final class ChaosWorld implements AutoCloseable {
  static final int PANELS = 2;
  private static final String TOKEN = "chom_chaos_0123456789abcdefghijklmnopqrstuvw";
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final JsonMapper JSON = JsonMapper.shared();

  private static final String ORGANIZATION = "00000000-0000-7000-8000-0000000000aa";

  private final DataDirectory data;
  private final Path directory;
  private final String[] options;
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
  private final @Nullable PanelProcess[] panels = new PanelProcess[PANELS];
  private EmbeddedPostgresql database;
  private EmbeddedRedis redis;
  private boolean databaseRuns = true;
  private boolean redisRuns = true;
  private int enrolments;

  /** @param options of the panels, such as {@code --chom.ssh.keep-alive=4s} */
  ChaosWorld(Path directory, String... options) throws IOException {
    this.directory = directory;
    this.options = options;
    data = DataDirectory.open(directory);
    // nobody else's usual ones: while a server is down its port must not become that of another run
    data.keep("postgres.port", "" + Ports.another());
    data.keep("redis.port", "" + Ports.another());
    database = EmbeddedPostgresql.start(data);
    redis = EmbeddedRedis.start(data);
    for (int i = 0; i < PANELS; i++) {
      startPanel(i);
    }
  }

  String databaseUrl() {
    return database.administratorUrl().replace("/postgres?", "/chom?");
  }

  Connection connect() throws SQLException {
    return DriverManager.getConnection(databaseUrl() + "&connectTimeout=5&socketTimeout=20");
  }

  /** One number the database answers, or -1 while it does not. */
  long number(String sql) {
    try (var connection = connect();
        var statement = connection.createStatement();
        var rows = statement.executeQuery(sql)) {
      return rows.next() ? rows.getLong(1) : 0;
    } catch (SQLException _) {
      return -1;
    }
  }

  String text(String sql) {
    try (var connection = connect();
        var statement = connection.createStatement();
        var rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    } catch (SQLException e) {
      throw new AssertionError(sql, e);
    }
  }

  void execute(String sql) throws SQLException {
    try (var connection = connect(); var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  // --- who and what is there ---

  /** A tenant without limits, whose owner holds {@link #token}. */
  void tenant(String tenant) throws SQLException {
    execute("insert into organization (id, name) values ('" + ORGANIZATION + "', 'Chaos') on conflict do nothing");
    execute("insert into tenant (id, organization_id, name, slug, tier) values ('" + tenant + "', '" + ORGANIZATION
        + "', 'T', 't-" + tenant + "', 'enterprise')");
    execute("insert into app_user (id, email, name, password_hash) values ('" + tenant + "', '" + tenant
        + "@example.org', 'Owner', 'none')");
    execute("insert into membership (tenant_id, user_id, role) values ('" + tenant + "', '" + tenant + "', 'OWNER')");
    execute("insert into api_token (tenant_id, user_id, name, token_hash, scopes) values ('" + tenant + "', '" + tenant
        + "', 'chaos', encode(sha256('" + token(tenant) + "'), 'hex'), '{*}')");
  }

  static String token(String tenant) {
    return "chom_" + tenant.replace("-", "");
  }

  /** Takes hosts into the fleet and waits until they are ready. */
  void enrol(List<RigHost> hosts) {
    for (var host : hosts) {
      var scanned = ask("POST", "/server-enrolments", Map.of("host", host.address(), "port", host.port()),
          "scan-" + ++enrolments).body();
      var approved = ask("POST", "/server-enrolments/" + scanned.path("id").asString() + "/approval",
          Map.of("fingerprint", host.hostKeyFingerprint(), "name", host.name(), "user", host.login().user(),
              "password", host.login().password()),
          "approve-" + enrolments);
      assertThat(approved.status()).as("%s", approved).isLessThan(300);
    }
    PanelProcess.await("the servers to be ready",
        () -> number("select count(*) from vps_server where status = 'READY' and host in ('" + String.join("', '",
            hosts.stream().map(RigHost::address).toList()) + "')") == hosts.size());
  }

  String server(RigHost host) {
    return text("select id::text from vps_server where host = '" + host.address()
        + "' and status <> 'DECOMMISSIONED'");
  }

  // --- faults of processes ---

  void killPanel(int which) throws InterruptedException {
    var panel = panels[which];
    if (panel != null) {
      panel.kill();
      panels[which] = null;
    }
  }

  void startPanel(int which) throws IOException {
    if (panels[which] == null) {
      panels[which] = PanelProcess.start(ChomApplication.class,
          Map.of("CHOM_DATABASE_ADMIN_URL", database.administratorUrl(), "CHOM_REDIS_URL", redis.url(),
              "CHOM_MASTER_KEY", RealServices.MASTER_KEY, "CHOM_DEMO", "false", "CHOM_DATA_DIR",
              directory.resolve("panel-" + which).toString(), "CHOM_BOOTSTRAP_OPERATOR_EMAIL", "ops@example.org",
              "CHOM_BOOTSTRAP_OPERATOR_PASSWORD", "correct horse battery", "CHOM_BOOTSTRAP_TOKEN", TOKEN),
          options)
          .ready();
    }
  }

  void freezeDatabase() throws Exception {
    signal("STOP");
  }

  void thawDatabase() throws Exception {
    if (databaseRuns) {
      signal("CONT");
    }
  }

  void killDatabase() throws Exception {
    var all = databaseProcesses();
    databaseRuns = false;
    all.forEach(ProcessHandle::destroyForcibly);
    for (var process : all) {
      process.onExit().get();
    }
  }

  void killRedis() throws Exception {
    redisRuns = false;
    long pid = Long.parseLong(new ProcessBuilder("pgrep", "-f", "redis-server.*:" + redis.port()).start().inputReader()
        .readLine());
    var process = ProcessHandle.of(pid).orElseThrow();
    process.destroyForcibly();
    process.onExit().get();
  }

  /** Starts again whatever is not there. */
  void restore() throws IOException {
    if (!databaseRuns) {
      database = EmbeddedPostgresql.start(data);
      databaseRuns = true;
    }
    if (!redisRuns) {
      redis = EmbeddedRedis.start(data);
      redisRuns = true;
    }
    for (int i = 0; i < PANELS; i++) {
      startPanel(i);
    }
  }

  private List<ProcessHandle> databaseProcesses() throws IOException {
    var postmaster = ProcessHandle.of(
        Long.parseLong(Files.readAllLines(directory.resolve("postgres/postmaster.pid")).getFirst())).orElseThrow();
    return Stream.concat(Stream.of(postmaster), postmaster.descendants()).toList();
  }

  private void signal(String signal) throws Exception {
    for (var process : databaseProcesses()) {
      new ProcessBuilder("kill", "-" + signal, "" + process.pid()).start().waitFor();
    }
  }

  // --- what users ask for ---

  /** What came back; status 0 where nothing did. */
  record Answer(int status, JsonNode body) {}

  /** Asks whichever panel answers until one has decided; the key makes repeating harmless. */
  Answer ask(String method, String path, @Nullable Map<String, ?> body, String key) {
    return ask(TOKEN, method, path, body, key);
  }

  Answer ask(String token, String method, String path, @Nullable Map<String, ?> body, String key) {
    var end = Instant.now().plus(PATIENCE);
    for (int i = key.hashCode() & 1;; i++) {
      var answer = once(i % PANELS, token, method, path, body, key);
      if (answer.status() != 0 && answer.status() < 500) {
        return answer;
      }
      if (Instant.now().isAfter(end)) {
        throw new AssertionError("No panel answered " + method + " " + path + ": " + answer);
      }
      Pause.of(Duration.ofMillis(200));
    }
  }

  private Answer once(int which, String token, String method, String path, @Nullable Map<String, ?> body, String key) {
    var panel = panels[which];
    if (panel == null) {
      return new Answer(0, JSON.nullNode());
    }
    var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + panel.port() + "/api/v1" + path))
        .timeout(Duration.ofSeconds(30)).header("Authorization", "Bearer " + token).header("Idempotency-Key", key)
        .header("Content-Type", "application/json").method(method,
            body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(JSON.writeValueAsString(body)));
    try {
      var answer = http.send(request.build(), BodyHandlers.ofString());
      return new Answer(answer.statusCode(), answer.body().isEmpty() ? JSON.nullNode() : JSON.readTree(answer.body()));
    } catch (IOException _) {
      return new Answer(0, JSON.nullNode());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  int port(int which) {
    return Objects.requireNonNull(panels[which]).port();
  }

  long pid(int which) {
    return Objects.requireNonNull(panels[which]).pid();
  }

  /** What Redis answers to one command, as its own client prints it. */
  String redis(String... command) {
    var line = new ArrayList<>(List.of("redis-cli", "-p", "" + redis.port()));
    line.addAll(List.of(command));
    var client = new ProcessBuilder(line);
    client.environment().put("REDISCLI_AUTH", URI.create(redis.url()).getUserInfo().replaceFirst("^[^:]*:", ""));
    try {
      return new String(client.redirectErrorStream(true).start().getInputStream().readAllBytes(),
          StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** The last lines of what the panels wrote, for whoever looks for a fault. */
  String output(int which) {
    var panel = panels[which];
    return panel == null ? "" : panel.output();
  }

  @Override
  public void close() throws Exception {
    var ends = new ArrayList<AutoCloseable>();
    for (var panel : panels) {
      if (panel != null) {
        ends.add(panel);
      }
    }
    ends.addAll(List.of(redis, database, data));
    for (var end : ends) {
      end.close();
    }
  }
}
