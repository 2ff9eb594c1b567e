package io.chom.launch;

import io.chom.ChomApplication;
import io.chom.testing.Browser;
import io.chom.testing.RealServices;
import io.chom.testing.RootlessMachine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.security.crypto.argon2.Argon2PasswordEncoder;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Two panels in processes of their own on one PostgreSQL and one Redis, started in the same moment on an empty database,
 * with one server that is a directory: enough to work on, and quick to make.
 */
final class TwoNodes implements AutoCloseable {
  static final String TOKEN = "chom_nodes_0123456789abcdefghijklmnopqrstuvwx";
  static final String PASSWORD = "correct horse battery staple";
  private static final String HASH = Argon2PasswordEncoder.defaultsForSpringSecurity_v5_8().encode(PASSWORD);
  private static final JsonMapper JSON = JsonMapper.shared();

  private final DataDirectory data;
  private final Path directory;
  private final EmbeddedPostgresql database;
  private final EmbeddedRedis redis;
  private final RootlessMachine machine;
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
  private final List<String>[] before;
  private final Map<String, String> more;
  private final PanelProcess[] panels = new PanelProcess[2];

  /** A tenant with what its people need to come in. */
  record Tenant(UUID id, String token) {}

  record Answer(int status, JsonNode body) {}

  TwoNodes(Path directory) throws IOException {
    this(directory, List.of(), List.of(), Map.of());
  }

  /** @param one what stands before the first panel's command */
  @SuppressWarnings({"unchecked", "rawtypes"})
  TwoNodes(Path directory, List<String> one, List<String> two, Map<String, String> more) throws IOException {
    this.directory = directory;
    this.before = new List[]{one, two};
    this.more = more;
    data = DataDirectory.open(directory);
    database = EmbeddedPostgresql.start(data);
    redis = EmbeddedRedis.start(data);
    machine = new RootlessMachine(Files.createDirectories(directory.resolve("machine")));
    try {
      start(0);
      start(1);
      ready(0);
      ready(1);
    } catch (IOException | AssertionError e) {
      closeAfter(e);
      throw e;
    }
  }

  private void closeAfter(Throwable e) {
    try {
      close();
    } catch (Exception another) {
      e.addSuppressed(another);
    }
  }

  void start(int node) throws IOException {
    var settings = new HashMap<>(Map.of("CHOM_DATABASE_ADMIN_URL", database.administratorUrl(), "CHOM_REDIS_URL",
        redis.url(), "CHOM_MASTER_KEY", RealServices.MASTER_KEY, "CHOM_DEMO", "false", "CHOM_TRUSTED_PROXIES",
        "127.0.0.1", "CHOM_DATA_DIR", directory.resolve("panel-" + node).toString(), "CHOM_BOOTSTRAP_OPERATOR_EMAIL",
        "ops@example.org", "CHOM_BOOTSTRAP_OPERATOR_PASSWORD", PASSWORD, "CHOM_BOOTSTRAP_TOKEN", TOKEN));
    settings.putAll(more);
    panels[node] = PanelProcess.start(before[node], ChomApplication.class, settings);
  }

  void ready(int node) throws IOException {
    panels[node].ready();
    PanelProcess.await("node " + node + " to answer",
        () -> call(node, TOKEN, "GET", "/me", null, null).status() == 200);
  }

  PanelProcess panel(int node) {
    return panels[node];
  }

  int port(int node) {
    return panels[node].port();
  }

  RootlessMachine machine() {
    return machine;
  }

  EmbeddedRedis redis() {
    return redis;
  }

  void signal(int node, String signal) {
    try {
      // the panel itself, also where another program was put before it
      long pid = panels[node].pid();
      new ProcessBuilder("kill", "-" + signal, "" + pid).start().waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  // --- PostgreSQL, behind all locks ---

  void execute(String sql) {
    try (var connection = DriverManager.getConnection(databaseUrl()); var statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new AssertionError(sql, e);
    }
  }

  String databaseUrl() {
    return database.administratorUrl().replace("/postgres?", "/chom?");
  }

  String text(String sql) {
    try (var connection = DriverManager.getConnection(databaseUrl());
        var statement = connection.createStatement();
        var rows = statement.executeQuery(sql)) {
      return rows.next() ? String.valueOf(rows.getString(1)) : "";
    } catch (SQLException e) {
      throw new AssertionError(sql, e);
    }
  }

  long number(String sql) {
    return Long.parseLong(text(sql));
  }

  /** A tenant with an owner's token, and a place on the server. */
  Tenant tenant(String name) {
    var id = UUID.randomUUID();
    var token = "chom_" + id.toString().replace("-", "") + "0123456789";
    execute("insert into organization (id, name) values ('" + id + "', '" + name + "')");
    execute("insert into tenant (id, organization_id, name, slug, tier) values ('" + id + "', '" + id + "', '" + name
        + "', 't-" + id + "', 'enterprise')");
    var owner = person(id, "OWNER");
    execute("insert into api_token (tenant_id, user_id, name, token_hash, scopes) select '" + id + "', id, 'test',"
        + " encode(sha256('" + token + "'), 'hex'), '{*}' from app_user where email = '" + owner + "'");
    return new Tenant(id, token);
  }

  /** Somebody with a role there, who signs in with {@link #PASSWORD}; answers the address. */
  String person(UUID tenant, String role) {
    var user = UUID.randomUUID();
    var email = role.toLowerCase(java.util.Locale.ROOT) + "-" + user + "@example.org";
    execute("insert into app_user (id, email, name, password_hash) values ('" + user + "', '" + email + "', 'P', '"
        + HASH + "')");
    execute("insert into membership (tenant_id, user_id, role) values ('" + tenant + "', '" + user + "', '" + role
        + "')");
    return email;
  }

  /** Has the fleet know the one server. */
  void enrol() {
    var scanned = ok(call(0, TOKEN, "POST", "/server-enrolments",
        Map.of("host", machine.host(), "port", machine.port()), "scan"));
    // asked on one node, approved on the other
    ok(call(1, TOKEN, "POST", "/server-enrolments/" + scanned.path("id").asString() + "/approval",
        Map.of("fingerprint", machine.fingerprint(), "name", "web-1", "user", RootlessMachine.USER, "password",
            RootlessMachine.PASSWORD),
        "approve"));
    PanelProcess.await("the server to be ready",
        () -> number("select count(*) from vps_server where status = 'READY'") == 1);
    execute("update vps_server set capacity_sites = 10000");
  }

  // --- what people ask for ---

  Browser browser(int node) {
    return new Browser(port(node)).with("Accept", "text/html");
  }

  Browser signedIn(int node, String email) {
    var browser = browser(node);
    var answer = browser.signIn(email, PASSWORD);
    if (answer.status() != 302 || answer.location().contains("error")) {
      throw new AssertionError("" + answer);
    }
    return browser;
  }

  /** The same session through another node. */
  Browser through(int node, Browser browser) {
    return browser(node).with("Cookie", browser.cookieHeader());
  }

  static JsonNode ok(Answer answer) {
    if (answer.status() == 0 || answer.status() >= 300) {
      throw new AssertionError("" + answer);
    }
    return answer.body();
  }

  /** One call to one node; status 0 where nobody answered. */
  Answer call(int node, String token, String method, String path, @Nullable Map<String, ?> body, @Nullable String key) {
    var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port(node) + "/api/v1" + path))
        .timeout(Duration.ofSeconds(60)).header("Authorization", "Bearer " + token)
        .header("Content-Type", "application/json").method(method,
            body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(JSON.writeValueAsString(body)));
    if (key != null) {
      request.header("Idempotency-Key", key);
    }
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

  /** As a simple client does it: the other node where one does not answer or is away, a few times. */
  Answer patiently(String token, String method, String path, @Nullable Map<String, ?> body, @Nullable String key) {
    var answer = new Answer(0, JSON.nullNode());
    for (int i = 0; i < 20; i++) {
      answer = call(i % 2, token, method, path, body, key);
      boolean underWay = answer.status() == 409 && answer.body().path("code").asString().equals(
          "IDEMPOTENCY_KEY_IN_USE");
      if (answer.status() != 0 && answer.status() != 503 && !underWay) {
        return answer;
      }
      Pause.of(Duration.ofMillis(underWay ? 1000 : 50));
    }
    return answer;
  }

  JsonNode operation(String token, String id) {
    return ok(patiently(token, "GET", "/operations/" + id, null, null));
  }

  void awaitEnd(String token, String id) {
    PanelProcess.await("operation " + id + " to end",
        () -> List.of("SUCCEEDED", "FAILED", "CANCELLED").contains(operation(token, id).path("status").asString()));
  }

  @Override
  public void close() throws Exception {
    for (var panel : panels) {
      if (panel != null) {
        panel.close();
      }
    }
    machine.close();
    redis.close();
    database.close();
    data.close();
  }
}
