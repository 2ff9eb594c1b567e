package io.chom.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.chom.accounts.Access;
import io.chom.accounts.Tokens;
import io.chom.api.ApiClient.Answer;
import io.chom.cache.TenantCache;
import io.chom.common.Uuid7;
import io.chom.testing.Browser;
import io.chom.testing.ChomTest;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import tools.jackson.databind.JsonNode;

/** Two customers' programs ask how their sites are doing; behind the panel stands something that answers like Prometheus. */
@ChomTest
class MetricsApiTests {
  private static final Pattern TENANT = Pattern.compile("tenant_id=\"([^\"]+)\"");
  private static final List<String> ASKED = Collections.synchronizedList(new ArrayList<>());
  private static HttpServer prometheus;
  private static volatile String broken = "nothing";

  private final Tenants acme = Tenants.acme();
  private final Tenants globex = Tenants.globex();
  private final Tenants.Person acmeOwner = acme.owner();
  private final int port;
  private final Access access;
  private final Tokens tokens;
  private final TenantCache cache;
  private final ApiClient asAcme;
  private final ApiClient asGlobex;

  MetricsApiTests(@LocalServerPort int port, @Autowired Access access, @Autowired Tokens tokens,
      @Autowired TenantCache cache) {
    this.port = port;
    this.access = access;
    this.tokens = tokens;
    this.cache = cache;
    asAcme = ApiClient.of(port, acme, acmeOwner, access, tokens);
    asGlobex = ApiClient.of(port, globex, globex.owner(), access, tokens);
  }

  /** Answers a question with one series that says whose it is, and one value; none where the question is broken. */
  @DynamicPropertySource
  static void prometheus(DynamicPropertyRegistry registry) throws IOException {
    prometheus = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    prometheus.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    prometheus.createContext("/", exchange -> {
      try (exchange) {
        var form = URLDecoder.decode(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8),
            StandardCharsets.UTF_8);
        ASKED.add(form);
        if (broken.equals("everything") || form.contains(broken)) {
          return;
        }
        var tenant = TENANT.matcher(form);
        var whose = tenant.find() ? tenant.group(1) : "everybody";
        var start = form.replaceAll("(?s).*&(?:start|time)=(\\d+).*", "$1");
        var matrix = exchange.getRequestURI().getPath().endsWith("range");
        var value = "[" + start + ",\"7.5\"]";
        var text = "{\"status\":\"success\",\"data\":{\"resultType\":\"" + (matrix ? "matrix" : "vector")
            + "\",\"result\":[{\"metric\":{\"tenant_id\":\"" + whose + "\",\"status\":\"2xx\"},"
            + (matrix ? "\"values\":[" + value + "]" : "\"value\":" + value) + "}]}}";
        exchange.sendResponseHeaders(200, text.length());
        exchange.getResponseBody().write(text.getBytes(StandardCharsets.UTF_8));
      }
    });
    prometheus.start();
    registry.add("chom.prometheus.url", () -> "http://127.0.0.1:" + prometheus.getAddress().getPort());
  }

  @AfterAll
  static void stop() {
    prometheus.stop(0);
  }

  @BeforeEach
  void start() {
    broken = "nothing";
    ASKED.clear();
  }

  private static List<String> states(Answer board) {
    assertThat(board.status()).as(board.body()).isEqualTo(200);
    return board.json().get("panels").valueStream().map(panel -> panel.path("state").asString()).toList();
  }

  private void forget() {
    try (var client = RedisClient.create(RedisURI.create(URI.create(RealServices.redisUrl())));
        var redis = client.connect()) {
      redis.sync().select(1);
      redis.sync().flushdb();
    }
    cache.anything();
  }

  private static String of(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static void refused(Answer answer, int status, String code) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
    assertThat(answer.text("/code")).isEqualTo(code);
  }

  @Test
  void aBoardIsAskedForOnceAndEachTenantForItself() {
    var board = asAcme.get("/api/v1/metrics/board?range=6h");
    assertThat(states(board)).containsExactly("fresh", "fresh", "fresh", "fresh", "fresh");
    assertThat(board.text("/panels/0/name")).isEqualTo("requests");
    assertThat(board.text("/panels/0/lines/0/name")).isEqualTo("2xx");
    assertThat(board.json().at("/step").asInt()).isEqualTo(60);
    assertThat(board.json().at("/panels/0/lines/0/values").valueStream().filter(JsonNode::isNumber)).hasSize(1);
    assertThat(board.json().at("/panels/0/lines/0/values")).hasSize(361);
    assertThat(ASKED).hasSize(5).allMatch(form -> whose(form).equals(Set.of(acme.id().toString())));
    assertThat(asAcme.get("/api/v1/metrics/board?range=6h").body()).isEqualTo(board.body());
    assertThat(ASKED).hasSize(5);
    ASKED.clear();
    states(asGlobex.get("/api/v1/metrics/board?range=6h"));
    assertThat(ASKED).hasSize(5).allMatch(form -> whose(form).equals(Set.of(globex.id().toString())));
    refused(asAcme.get("/api/v1/metrics/board?range=2h"), 400, "UNKNOWN_RANGE");
  }

  private static Set<String> whose(String form) {
    var found = new TreeSet<String>();
    var tenant = TENANT.matcher(form);
    while (tenant.find()) {
      found.add(tenant.group(1));
    }
    return found;
  }

  @Test
  void onlyWhatIsMissingIsAskedAndErrorsAreNotRemembered() {
    broken = "bytes";
    var board = asAcme.get("/api/v1/metrics/board?range=24h");
    assertThat(states(board)).containsExactly("fresh", "fresh", "missing", "missing", "fresh");
    assertThat(board.text("/panels/2/reason")).isEqualTo("AWAY");
    broken = "nothing";
    ASKED.clear();
    assertThat(states(asAcme.get("/api/v1/metrics/board?range=24h"))).containsOnly("fresh");
    assertThat(ASKED).hasSize(2).allMatch(form -> form.contains("bytes"));
  }

  @Test
  void whileNobodyAnswersTheLastThatWasKnownIsShownWithItsAge() {
    var before = asAcme.get("/api/v1/metrics/board");
    assertThat(states(before)).containsOnly("fresh");
    forget();
    broken = "everything";
    var board = asAcme.get("/api/v1/metrics/board");
    assertThat(states(board)).containsOnly("stale");
    assertThat(board.text("/panels/0/reason")).isEqualTo("AWAY");
    assertThat(board.text("/panels/0/asked")).isEqualTo(before.text("/panels/0/asked"));
    assertThat(board.json().at("/panels/0/lines")).isEqualTo(before.json().at("/panels/0/lines"));
    assertThat(states(asGlobex.get("/api/v1/metrics/board"))).containsOnly("missing");
    broken = "nothing";
    assertThat(states(asAcme.get("/api/v1/metrics/board"))).containsOnly("fresh");
  }

  @Test
  void anothersSiteOrServerIsNotThere() {
    acme.sharedServer();
    var site = asAcme.post("/api/v1/sites", "{\"domain\":\"s" + Uuid7.next().toString().replace("-", "")
        + ".example.org\",\"type\":\"static\"}").text("/id");
    assertThat(states(asAcme.get("/api/v1/metrics/board?site=" + site))).containsOnly("fresh");
    assertThat(ASKED).hasSize(5).allMatch(form -> form.contains("site_id=\"" + site + "\""));
    ASKED.clear();
    refused(asGlobex.get("/api/v1/metrics/board?site=" + site), 404, "SITE_NOT_FOUND");
    var own = acme.server();
    refused(asGlobex.get("/api/v1/metrics/board?server=" + own), 404, "SERVER_NOT_FOUND");
    refused(asAcme.get("/api/v1/metrics/board?server=" + Uuid7.next()), 404, "SERVER_NOT_FOUND");
    refused(asAcme.get("/api/v1/metrics/board?server=" + acme.sharedServer()), 404, "SERVER_NOT_FOUND");
    refused(asAcme.get("/api/v1/metrics/board?server=" + own + "&site=" + site), 400, "SITE_OR_SERVER");
    assertThat(ASKED).isEmpty();
    var board = asAcme.get("/api/v1/metrics/board?server=" + own);
    assertThat(states(board)).containsOnly("fresh");
    assertThat(board.text("/panels/0/name")).isEqualTo("cpu");
    assertThat(ASKED).hasSize(5).allMatch(form -> form.contains("server_id=\"" + own + "\"")
        && whose(form).equals(Set.of(acme.id().toString())));
  }

  @Test
  void whatEverybodyAsksIsFencedToTheirOwn() {
    var expression = "sum(up) by (job) / on (job) count({__name__=~\".+\",tenant_id=\"" + globex.id() + "\"}) by (job)";
    var answer = asAcme.get("/api/v1/metrics/query?time=1000&query=" + of(expression));
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(answer.text("/data/result/0/metric/tenant_id")).isEqualTo(acme.id().toString());
    assertThat(answer.text("/data/result/0/value/1")).isEqualTo("7.5");
    assertThat(ASKED).singleElement().satisfies(form -> assertThat(form)
        .contains("up{tenant_id=\"" + acme.id() + "\"}").contains("{tenant_id=\"" + acme.id() + "\",__name__=~"));
    ASKED.clear();
    var range = "/api/v1/metrics/query_range?start=1970-01-01T00:16:45Z&end=2005&step=1m&query=" + of("up");
    assertThat(asAcme.get(range).text("/data/result/0/values/0/0")).isEqualTo("960.0");
    assertThat(asGlobex.get(range).text("/data/result/0/metric/tenant_id")).isEqualTo(globex.id().toString());
    assertThat(asAcme.get(range).status()).as("from the cache").isEqualTo(200);
    assertThat(ASKED).hasSize(2).allMatch(form -> form.contains("&start=960&end=1980&step=60"));
  }

  @Test
  void whatIsWrongIsRefusedWithItsPlaceAndNobodyIsAsked() {
    var wrong = asAcme.get("/api/v1/metrics/query?query=" + of("sum(rate(up[5m])) by (a,,b)"));
    refused(wrong, 422, "PROMQL_REFUSED");
    assertThat(wrong.json().path("line").asInt()).isEqualTo(1);
    assertThat(wrong.json().path("column").asInt()).isGreaterThan(20);
    assertThat(wrong.text("/reason")).isNotBlank();
    assertThat(wrong.text("/advice")).isNotBlank();
    var range = "/api/v1/metrics/query_range?query=";
    refused(asAcme.get(range + "up%5B5m%5D&start=0&end=60&step=1"), 422, "PROMQL_REFUSED");
    refused(asAcme.get("/api/v1/metrics/query?query=" + of("\"text\"")), 422, "PROMQL_REFUSED");
    for (var window : List.of("start=0&end=11000&step=1", "start=60&end=0&step=1", "start=0&end=60&step=0",
        "start=0&end=9999999999&step=1d")) {
      refused(asAcme.get(range + "up&" + window), 400, "INVALID_WINDOW");
    }
    refused(asAcme.get(range + "up&start=soon&end=60&step=1"), 400, "INVALID_TIME");
    refused(asAcme.get(range + "up&start=0&end=60&step=1y"), 400, "INVALID_STEP");
    assertThat(ASKED).isEmpty();
    broken = "everything";
    refused(asAcme.get("/api/v1/metrics/query?query=up"), 503, "METRICS_AWAY");
    broken = "nothing";
    assertThat(asAcme.get("/api/v1/metrics/query?query=up").status()).isEqualTo(200);
  }

  @Test
  void thePageSaysWhatIsKnownOfOnesOwnSites() {
    var browser = Browser.of(acmeOwner, port);
    var page = browser.get("/metrics?range=7d").body();
    assertThat(page).contains("2xx: answered").contains("7.5/s").contains("aria-current=\"true\">7 days<");
    assertThat(ASKED).hasSize(5).allMatch(form -> whose(form).equals(Set.of(acme.id().toString())));
    var table = browser.get("/metrics/requests.csv?range=7d");
    assertThat(table.header("content-disposition")).contains("attachment").contains("requests-7d.csv");
    assertThat(table.body().lines()).hasSize(338).first().isEqualTo("time,\"2xx\"");
    assertThat(table.body().lines().filter(line -> line.endsWith(",7.5"))).hasSize(1);
    assertThat(ASKED).as("all from the cache").hasSize(5);
    var server = acme.sharedServer();
    var site = asAcme.post("/api/v1/sites", "{\"domain\":\"s" + Uuid7.next().toString().replace("-", "")
        + ".example.org\",\"type\":\"static\"}").text("/id");
    RealServices.asAdministrator("""
        insert into site (tenant_id, server_id, domain, type, status, uid, unix_user, created_at)
        select '%s', '%s', 'n' || uid || '.example.org', 'static', 'ACTIVE', uid, 's' || uid, now() + interval '1 hour'
        from (select nextval('site_uid_seq')::int as uid from generate_series(1, 200)) n
        """.formatted(acme.id(), server));
    assertThat(browser.get("/metrics?site=" + site).body()).as("chosen, though two hundred are newer")
        .containsPattern("value=\"" + site + "\"[^>]*selected");
    ASKED.clear();
    var other = Browser.of(globex.owner(), port);
    assertThat(other.get("/metrics?site=" + site).status()).isEqualTo(404);
    assertThat(other.get("/metrics/requests.csv?site=" + site).status()).isEqualTo(404);
    assertThat(other.get("/metrics/nothing.csv").status()).isEqualTo(404);
    assertThat(ASKED).allMatch(form -> whose(form).equals(Set.of(globex.id().toString())));
    broken = "everything";
    assertThat(browser.get("/metrics?range=30d").body()).contains("does not answer at the moment");
  }

  @Test
  void aTokenNeedsTheScope() {
    var reads = ApiClient.of(port, acme, acmeOwner, access, tokens, Set.of("metrics:read"));
    assertThat(states(reads.get("/api/v1/metrics/board?range=7d"))).containsOnly("fresh");
    assertThat(reads.get("/api/v1/sites").status()).isEqualTo(403);
    var other = ApiClient.of(port, acme, acmeOwner, access, tokens, Set.of("sites:read"));
    for (var path : List.of("board", "query?query=up", "query_range?query=up&start=0&end=60&step=1")) {
      assertThat(other.get("/api/v1/metrics/" + path).status()).as(path).isEqualTo(403);
    }
  }
}
