package io.chom.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.accounts.Access;
import io.chom.accounts.Tokens;
import io.chom.api.ApiClient.Answer;
import io.chom.common.Uuid7;
import io.chom.testing.Browser;
import io.chom.testing.ChomTest;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;

/** Two customers' programs at work, over HTTP. */
@ChomTest
class ApiTests {
  private final int port;
  private final Access access;
  private final Tokens tokens;
  private final RequestMappingHandlerMapping routes;
  private final Tenants acme = Tenants.acme();
  private final Tenants globex = Tenants.globex();
  private final Tenants.Person acmeOwner = acme.owner();
  private final Tenants.Person globexOwner = globex.owner();
  private final ApiClient asAcme;
  private final ApiClient asGlobex;

  ApiTests(@LocalServerPort int port, @Autowired Access access, @Autowired Tokens tokens,
      @Autowired @Qualifier("requestMappingHandlerMapping") RequestMappingHandlerMapping routes) {
    this.port = port;
    this.access = access;
    this.tokens = tokens;
    this.routes = routes;
    acme.sharedServer();
    globex.sharedServer();
    asAcme = ApiClient.of(port, acme, acmeOwner, access, tokens);
    asGlobex = ApiClient.of(port, globex, globexOwner, access, tokens);
  }

  private static String fresh() {
    return "s" + Uuid7.next().toString().replace("-", "") + ".example.org";
  }

  private static String site(String domain) {
    return "{\"domain\":\"%s\",\"type\":\"static\"}".formatted(domain);
  }

  private static void refused(Answer answer, int status, String code) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
    assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
    assertThat(answer.text("/code")).isEqualTo(code);
    assertThat(answer.json().at("/status").asInt()).isEqualTo(status);
    assertThat(answer.text("/detail")).hasSizeGreaterThan(10).doesNotContain("Exception").doesNotContain("io.chom");
  }

  private static long count(String sql, Object... values) throws SQLException {
    try (var connection = RealServices.asAdministrator(); var statement = connection.prepareStatement(sql)) {
      for (var i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      try (var rows = statement.executeQuery()) {
        rows.next();
        return rows.getLong(1);
      }
    }
  }

  /** An operation that some node is at work on, with this log. */
  private static UUID running(Tenants tenant, String... log) {
    var id = Uuid7.next();
    var at = 0;
    var sql = new StringBuilder();
    for (var piece : log) {
      int length = piece.getBytes(StandardCharsets.UTF_8).length;
      sql.append("insert into operation_log_chunk (tenant_id, operation_id, from_offset, length, data) values ('%s',"
          .formatted(tenant.id()) + " '%s', %d, %d, '%s');".formatted(id, at, length, piece));
      at += length;
    }
    RealServices.asAdministrator("insert into operation (id, tenant_id, type, subject_kind, subject_id, subject_label,"
        + " status, lease_owner, lease_expires_at, log_length, requested_label, started_at) values ('" + id + "', '"
        + tenant.id() + "', 'site.create', 'site', '" + Uuid7.next() + "', 'shop.example', 'RUNNING', 'other-node',"
        + " now() + interval '1 hour', " + at + ", 'test', now());" + sql);
    return id;
  }

  private static void finish(UUID operation) {
    RealServices.asAdministrator(
        "update operation set status = 'SUCCEEDED', progress = 100, finished_at = now() where id = '" + operation
            + "'");
  }

  @Test
  void aTokenLearnsWhoItIs() {
    var me = asAcme.get("/api/v1/me");
    assertThat(me.status()).isEqualTo(200);
    assertThat(me.text("/userId")).isEqualTo(acmeOwner.id().toString());
    assertThat(me.text("/tenantId")).isEqualTo(acme.id().toString());
    assertThat(me.text("/role")).isEqualTo("OWNER");
    assertThat(me.json().get("permissions").toString()).contains("sites:write").doesNotContain("fleet");
    assertThat(asAcme.get("/api/v1/tenants").body()).contains(acme.id().toString())
        .doesNotContain(globex.id().toString());
  }

  @Test
  void aNewSiteIsPromisedWithItsOperation() {
    var domain = fresh();
    var promised = asAcme.post("/api/v1/sites", site(domain));
    assertThat(promised.status()).as(promised.body()).isEqualTo(202);
    assertThat(promised.header("Location")).isEqualTo("/api/v1/operations/" + promised.text("/operation/id"));
    assertThat(promised.text("/operation/status")).isEqualTo("QUEUED");
    assertThat(promised.text("/operation/subject/id")).isEqualTo(promised.text("/id"));
    assertThat(asAcme.get(promised.header("Location")).text("/id")).isEqualTo(promised.text("/operation/id"));
    assertThat(asAcme.get("/api/v1/sites/" + promised.text("/id")).text("/domain")).isEqualTo(domain);
  }

  @Test
  void aListGoesOnWhereItsPageEnded() {
    var made = new ArrayList<String>();
    for (var i = 0; i < 5; i++) {
      made.addFirst(asAcme.post("/api/v1/sites", site(fresh())).text("/id"));
    }
    asGlobex.post("/api/v1/sites", site(fresh()));
    var seen = new ArrayList<String>();
    var next = "/api/v1/sites?limit=2&search=example.org";
    for (var page = 0; page < 3; page++) {
      var answer = asAcme.get(next);
      answer.json().get("items").forEach(item -> seen.add(item.get("id").asString()));
      next = answer.text("/next");
      assertThat(next.isEmpty()).as("the last page has no next").isEqualTo(page == 2);
    }
    assertThat(seen).isEqualTo(made);
  }

  @Test
  void aBadRequestIsToldWhatIsWrong() {
    refused(asAcme.post("/api/v1/sites", site("no_such*name")), 422, "DOMAIN_CHARACTERS");
    assertThat(asAcme.post("/api/v1/sites", site("localhost")).json().at("/errors/domain").asString()).isNotEmpty();
    refused(asAcme.post("/api/v1/sites", site(fresh()).replace("static", "cobol")), 422, "UNKNOWN_TYPE");
    refused(asAcme.post("/api/v1/sites", "{\"domian\":\"x.example\",\"type\":\"static\"}"), 400, "UNKNOWN_FIELD");
    refused(asAcme.post("/api/v1/sites", "{\"type\":\"static\"}"), 422, "INVALID_REQUEST");
    refused(asAcme.post("/api/v1/sites", site(fresh()).replace("}", ",\"serverId\":\"x\"}")), 400, "WRONG_TYPE");
    refused(asAcme.post("/api/v1/sites", "{\"domain\":"), 400, "MALFORMED_JSON");
    refused(asAcme.post("/api/v1/sites", ""), 400, "MALFORMED_JSON");
    refused(asAcme.get("/api/v1/sites/not-an-id"), 400, "BAD_REQUEST");
    var taken = fresh();
    asGlobex.post("/api/v1/sites", site(taken));
    refused(asAcme.post("/api/v1/sites", site(taken)), 409, "DOMAIN_NOT_AVAILABLE");
  }

  @Test
  void aFullPlanIsRefused() throws SQLException {
    var small = Tenants.named("Small", "starter");
    small.sharedServer();
    var caller = ApiClient.of(port, small, small.owner(), access, tokens);
    for (var i = 0; i < 5; i++) {
      assertThat(caller.post("/api/v1/sites", site(fresh())).status()).isEqualTo(202);
    }
    refused(caller.post("/api/v1/sites", site(fresh())), 409, "PLAN_LIMIT_REACHED");
    assertThat(count("select count(*) from site where tenant_id = ?", small.id().value())).isEqualTo(5);
  }

  @Test
  void aViewersTokenOnlyReadsAndNoTokenDoesNothing() {
    var viewer = ApiClient.of(port, acme, acme.viewer(), access, tokens);
    assertThat(viewer.get("/api/v1/sites").status()).isEqualTo(200);
    refused(viewer.post("/api/v1/sites", site(fresh())), 403, "FORBIDDEN");
    refused(viewer.get("/api/v1/tokens"), 403, "FORBIDDEN");
    refused(new ApiClient(port, "").post("/api/v1/sites", site(fresh())), 401, "UNAUTHENTICATED");
  }

  /** What a route can read, so that the id is what it refuses. */
  private static String suitable(String pattern) {
    if (pattern.endsWith("/databases")) {
      return "{\"name\":\"shop\"}";
    } else if (pattern.contains("/backup-schedules")) {
      return "{\"type\":\"full\",\"cron\":\"@daily\"}";
    } else if (pattern.endsWith("/backups")) {
      return "{\"type\":\"full\"}";
    } else if (pattern.endsWith("/forget")) {
      return "{\"name\":\"There\"}";
    }
    return pattern.contains("/backups/") && (pattern.endsWith("/restore") || pattern.endsWith("/downloads"))
        ? "{\"what\":\"full\"}"
        : "{}";
  }

  /** Each route with another tenant's id, and with an id that nobody has: the answers must be the same. */
  @Test
  void anIdOfAnotherTenantDoesNotExist() {
    var promised = asAcme.post("/api/v1/sites", site(fresh()));
    var token = asAcme.post("/api/v1/tokens", "{\"name\":\"x\",\"scopes\":[\"sites:read\"]}").text("/id");
    var channel = asAcme.post("/api/v1/notification-channels",
        "{\"kind\":\"email\",\"shared\":true,\"name\":\"Team\",\"target\":\"team@acme.example\"}").text("/id");
    var target = Uuid7.next().toString();
    RealServices.asAdministrator("insert into backup_target (id, tenant_id, name, kind, location) values ('" + target
        + "', '" + acme.id() + "', 'There', 'LOCAL', '/var/backups/there')");
    var ids = Map.of("backup-targets", target, "sites", promised.text("/id"), "operations", running(acme).toString(),
        "tokens", token, "servers",
        acme.server().toString(), "server-enrolments", Uuid7.next().toString(), "queue", Uuid7.next().toString(),
        "notification-channels",
        channel, "backup-downloads", Uuid7.next().toString());
    var holes = new ArrayList<String>();
    var asked = new TreeSet<String>();
    routes.getHandlerMethods().keySet().forEach(route -> route.getPatternValues().forEach(pattern -> {
      if (!pattern.startsWith("/api/v1/") || !pattern.contains("{")) {
        return;
      }
      var foreign = ids.get(pattern.split("/")[3]);
      assertThat(foreign).as("an id to ask " + pattern + " with").isNotNull();
      var nobodys = Uuid7.next().toString();
      // who only looks is refused before anybody looks for the id
      route.getMethodsCondition().getMethods().stream().filter(method -> method != RequestMethod.HEAD)
          .forEach(method -> {
            var path = pattern.endsWith("/plan") ? pattern + "?change=DELETE" : pattern;
            var body = suitable(pattern);
            var answer = asGlobex.send(method.name(), path.replaceAll("\\{[^}]*}", foreign), body);
            var other = asGlobex.send(method.name(), path.replaceAll("\\{[^}]*}", nobodys), body);
            // what is for operators is refused before anybody looks for the id
            var expected = pattern.startsWith("/api/v1/server") || pattern.startsWith("/api/v1/queue")
                || pattern.endsWith("/give-up") ? 403 : 404;
            if (answer.status() != expected || !answer.body().replace(foreign, nobodys).equals(other.body())) {
              holes.add(method + " " + pattern + " → " + answer.status() + " " + answer.body());
            }
            asked.add(method + " " + pattern);
          });
    }));
    assertThat(holes).isEmpty();
    assertThat(asked).contains("GET /api/v1/sites/{id}", "GET /api/v1/operations/{id}/events",
        "DELETE /api/v1/tokens/{id}");
    assertThat(asAcme.get("/api/v1/sites/" + promised.text("/id")).text("/status")).isNotEqualTo("DELETING");
  }

  @Test
  void aRequestMadeTwiceIsAnsweredTwiceAndDoneOnce() throws SQLException {
    var domain = fresh();
    var first = asAcme.post("/api/v1/sites", site(domain), "Idempotency-Key", "order-1");
    assertThat(first.status()).isEqualTo(202);
    var second = asAcme.post("/api/v1/sites", site(domain), "Idempotency-Key", "order-1");
    assertThat(second.status()).isEqualTo(202);
    assertThat(second.body()).isEqualTo(first.body());
    assertThat(second.header("Location")).isNotEmpty().isEqualTo(first.header("Location"));
    assertThat(first.header("Idempotency-Replayed")).isEmpty();
    assertThat(second.header("Idempotency-Replayed")).isEqualTo("true");
    assertThat(count("select count(*) from site where tenant_id = ?", acme.id().value())).isEqualTo(1);
    refused(asAcme.post("/api/v1/sites", site(fresh()), "Idempotency-Key", "order-1"), 422, "IDEMPOTENCY_KEY_REUSED");
    refused(asAcme.post("/api/v1/sites", site(fresh()), "Idempotency-Key", "a b"), 400, "IDEMPOTENCY_KEY_INVALID");
    var others = asGlobex.post("/api/v1/sites", site(fresh()), "Idempotency-Key", "order-1");
    assertThat(others.status()).as("another tenant's keys are its own").isEqualTo(202);
    assertThat(others.header("Idempotency-Replayed")).isEmpty();
  }

  @Test
  void aKeyWhoseAnswerIsForgottenStillMeansItsRequest() {
    var body = site(fresh());
    var first = asAcme.post("/api/v1/sites", body, "Idempotency-Key", "nightly");
    RealServices.asAdministrator("delete from idempotency_key");
    refused(asAcme.post("/api/v1/sites", site(fresh()), "Idempotency-Key", "nightly"), 422, "IDEMPOTENCY_KEY_REUSED");
    assertThat(asAcme.post("/api/v1/sites", body, "Idempotency-Key", "nightly").header("Location"))
        .isNotEmpty().isEqualTo(first.header("Location"));
  }

  @Test
  void aRefusedRequestMayBeMadeAgainWithItsKey() {
    assertThat(asAcme.post("/api/v1/sites", site("x"), "Idempotency-Key", "k").status()).isEqualTo(422);
    assertThat(asAcme.post("/api/v1/sites", site(fresh()), "Idempotency-Key", "k").status()).isEqualTo(202);
  }

  @Test
  void aRequestMadeManyTimesAtOnceMakesOneSite() throws Exception {
    var body = site(fresh());
    var asked = new ArrayList<CompletableFuture<Answer>>();
    for (var i = 0; i < 8; i++) {
      asked.add(CompletableFuture.supplyAsync(() -> asAcme.post("/api/v1/sites", body, "Idempotency-Key", "at-once"),
          task -> Thread.ofVirtual().start(task)));
    }
    var sites = new TreeSet<String>();
    for (var one : asked) {
      var answer = one.get(60, TimeUnit.SECONDS);
      if (answer.status() == 202) {
        sites.add(answer.text("/id"));
      } else {
        refused(answer, 409, "IDEMPOTENCY_KEY_IN_USE");
      }
    }
    assertThat(sites).hasSize(1);
    assertThat(count("select count(*) from site where tenant_id = ?", acme.id().value())).isEqualTo(1);
  }

  @Test
  void aTokenIsShownOnceAndKeptNowhere() throws SQLException {
    for (var path : List.of("/api/v1/tokens", "/api/v1/%74okens")) {
      var made = asAcme.post(path, "{\"name\":\"deploy\",\"scopes\":[\"sites:read\"]}", "Idempotency-Key", "t-1");
      assertThat(made.status()).as(made.body()).isEqualTo(201);
      var token = made.text("/token");
      assertThat(token).startsWith("chom_");
      assertThat(new ApiClient(port, token).get("/api/v1/sites").status()).isEqualTo(200);
      assertThat(asAcme.get("/api/v1/tokens").body()).contains(made.text("/id")).doesNotContain(token);
      assertThat(count("select count(*) from idempotency_key where response::text like '%' || ? || '%'", token))
          .isZero();
    }
    assertThat(count("select count(*) from idempotency_key where tenant_id = ?", acme.id().value())).isZero();
  }

  /** What a stream says until it ends. */
  private record Event(String name, String id, String data) {}

  private static List<Event> read(BufferedReader lines, int most) throws Exception {
    var events = new ArrayList<Event>();
    var fields = new TreeMap<String, String>();
    for (var line = lines.readLine(); line != null && events.size() < most; line = lines.readLine()) {
      if (line.isEmpty() && fields.containsKey("event")) {
        events.add(new Event(fields.getOrDefault("event", ""), fields.getOrDefault("id", ""),
            fields.getOrDefault("data", "")));
        fields.clear();
        if (events.size() == most) {
          break;
        }
      } else if (line.indexOf(':') > 0) {
        fields.put(line.substring(0, line.indexOf(':')), line.substring(line.indexOf(':') + 1));
      }
    }
    return events;
  }

  private BufferedReader follow(UUID operation, String... headers) throws Exception {
    var answer = asAcme.open("/api/v1/operations/" + operation + "/events", headers);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type").orElse("")).startsWith("text/event-stream");
    return new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8));
  }

  @Test
  @Timeout(60)
  void aStreamGoesOnWhereItsReaderWas() throws Exception {
    var operation = running(acme, "one ", "zwölf ", "three");
    try (var stream = follow(operation)) {
      var began = read(stream, 3);
      assertThat(began).extracting(Event::name).containsExactly("status", "output", "output");
      assertThat(began.getFirst().data()).contains("\"status\":\"RUNNING\"").contains(operation.toString());
      assertThat(began.getLast().id()).isEqualTo("11");
    }
    finish(operation);
    try (var stream = follow(operation, "Last-Event-ID", "11")) {
      var rest = read(stream, 100);
      assertThat(rest).extracting(Event::name).containsExactly("status", "output", "complete");
      assertThat(rest.get(1).data()).isEqualTo("{\"data\":\"three\"}");
      assertThat(rest.getLast().data()).contains("\"status\":\"SUCCEEDED\"");
    }
    try (var stream = follow(operation, "Last-Event-ID", "16")) {
      assertThat(read(stream, 100)).extracting(Event::name).containsExactly("status", "complete");
    }
    refused(asAcme.send("GET", "/api/v1/operations/" + operation + "/events", "", "Last-Event-ID", "x"), 400,
        "LAST_EVENT_ID_INVALID");
    refused(asGlobex.get("/api/v1/operations/" + operation + "/events"), 404, "OPERATION_NOT_FOUND");
  }

  @Test
  @Timeout(60)
  void aStreamEndsWhenItsReaderLosesTheTenant() throws Exception {
    var operation = running(acme, "one");
    try (var stream = follow(operation)) {
      assertThat(read(stream, 2)).hasSize(2);
      acme.expel(acmeOwner);
      assertThat(read(stream, 100)).as("ends, and without completing").extracting(Event::name)
          .doesNotContain("complete");
    }
  }

  @Test
  void theDescriptionListsOurRoutesAndNoOthers() {
    assertThat(new ApiClient(port, "").get("/api/v1/openapi.json").status()).isEqualTo(401);
    var answer = asAcme.get("/api/v1/openapi.json");
    assertThat(answer.status()).isEqualTo(200);
    var ours = new TreeSet<String>();
    routes.getHandlerMethods().forEach((route, method) -> {
      // Prometheus' door is no part of the API: it has a token of its own
      if (method.getBeanType().getPackageName().equals("io.chom.api") && method.getBeanType() != ScrapeDoor.class) {
        ours.addAll(route.getPatternValues());
      }
    });
    assertThat(new TreeSet<>(answer.json().get("paths").propertyNames())).isEqualTo(ours).isNotEmpty();
    assertThat(answer.text("/components/securitySchemes/token/scheme")).isEqualTo("bearer");
    assertThat(answer.body()).as("who calls is no parameter").doesNotContain("\"caller\"");
  }

  @Test
  void theDescriptionCanBeBrowsedWithoutInlineScripts() {
    var browser = Browser.of(acmeOwner, port);
    var entry = browser.get("/api/docs");
    assertThat(entry.status()).isEqualTo(302);
    var page = browser.get(entry.location());
    assertThat(page.status()).as(entry.location()).isEqualTo(200);
    assertThat(page.header("content-security-policy")).contains("script-src 'self'");
    assertThat(page.body()).contains("swagger-initializer.js").doesNotContain("<style").doesNotContain("style=")
        .doesNotContainPattern("<script>|<script(?![^>]*src=\"\\./)");
    var folder = entry.location().substring(0, entry.location().lastIndexOf('/'));
    assertThat(browser.get(folder + "/swagger-ui-bundle.js").status()).isEqualTo(200);
    assertThat(browser.get(folder + "/swagger-initializer.js").body()).contains("/api/v1/openapi.json/swagger-config");
    assertThat(browser.get("/api/v1/openapi.json/swagger-config").body()).contains("/api/v1/openapi.json");
    assertThat(new Browser(port).get("/api/docs").status()).isEqualTo(401);
  }
}
