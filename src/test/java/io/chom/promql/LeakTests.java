package io.chom.promql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.chom.promql.Vectors.Vector;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** On a real Prometheus, that of Debian's package: two tenants' series in one, a single tenant's in another. */
class LeakTests {
  private static final long NOW = 1_500;
  // Debian's; expressions that only newer ones take are left out
  private static final String VERSION = "2.42";
  private static final TenantScope ACME = TenantScope.of("A");
  private static final List<Vector> VECTORS = Vectors.with("scope").stream()
      .filter(vector -> vector.acceptedBy().getOrDefault(VERSION, false)).toList();

  @TempDir
  private static Path directory;
  private static PrometheusServer both;
  private static PrometheusServer alone;

  @BeforeAll
  static void twoServers() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/prometheus")) && Files.isExecutable(Path.of("/usr/bin/promtool")),
        "without Debian's package prometheus");
    var series = new TwoTenants();
    VECTORS.forEach(vector -> Promql.parse(vector.expr()).selectors().forEach(series::add));
    both = PrometheusServer.with(Files.createDirectory(directory.resolve("both")), series.samples("A", "B"));
    alone = PrometheusServer.with(Files.createDirectory(directory.resolve("alone")), series.samples("A"));
  }

  @AfterAll
  static void end() throws Exception {
    for (var server : new PrometheusServer[]{both, alone}) {
      if (server != null) {
        server.close();
      }
    }
  }

  @Test
  void anotherTenantsSeriesChangeNoAnswer() {
    var leaks = new ArrayList<String>();
    int filled = 0;
    int differs = 0;
    for (Vector vector : VECTORS) {
      String scoped = ACME.apply(vector.expr());
      var amongBoth = both.ask(scoped, NOW);
      if (!answer(amongBoth, true).equals(answer(alone.ask(scoped, NOW), true))) {
        leaks.add("of B: " + vector);
      }
      // absent() answers with the labels that it was asked for
      boolean whole = !vector.expr().contains("absent");
      if (!answer(amongBoth, whole).equals(answer(alone.ask(vector.expr(), NOW), whole))) {
        leaks.add("not what A has: " + vector + " -> " + scoped);
      }
      if (vector.selectors() > 0 && !amongBoth.at("/data/result").isEmpty()) {
        filled++;
        differs += answer(amongBoth, true).equals(answer(both.ask(vector.expr(), NOW), true)) ? 0 : 1;
      }
    }
    assertThat(leaks).isEmpty();
    assertThat(filled).isGreaterThanOrEqualTo(300);
    // unscoped, B's series do show: the test would see a leak
    assertThat(differs).isGreaterThanOrEqualTo(300);
  }

  @Test
  void whereACommentEndsIsWherePrometheusEndsIt() {
    for (String expression : List.of("requests # }\r + requests", "requests{# \"\r instance='one'}",
        "requests # +\n")) {
      assertThat(both.ask(expression, NOW).path("status").asString()).as(expression).isEqualTo("success");
      assertThat(both.ask(ACME.apply(expression), NOW).path("status").asString()).isEqualTo("success");
    }
  }

  @Test
  void theClientSeesOneTenantsSeriesOnly() {
    var meters = new SimpleMeterRegistry();
    var client = new Prometheus(
        new PrometheusProperties(both.address(), Duration.ofSeconds(60), 8_000_000, 500, 200_000,
            16),
        JsonMapper.shared(), meters);
    try {
      var count = new Question(ACME.query("count({__name__=~\".+\"})"), Window.at(Instant.ofEpochSecond(NOW)));
      var window = new Window(Instant.ofEpochSecond(NOW - 300), Instant.ofEpochSecond(NOW), Duration.ofSeconds(60));
      var whose = new Question(ACME.query("count({__name__=~\".+\"}) by (tenant_id)"), window);
      var wrong = new Question(ACME.query("label_replace(up, \"a\", \"$1\", \"b\", \"(\")"), window);
      var answers = client.ask(Map.of("count", count, "whose", whose, "wrong", wrong));
      var expected = alone.ask("count({__name__=~\".+\"})", NOW).at("/data/result/0/value/1").asString();
      assertThat(answers.get("count")).isInstanceOfSatisfying(Answer.Curves.class, all -> assertThat(all.curves())
          .singleElement().satisfies(one -> assertThat(one.points().getFirst().value())
              .isEqualTo(Double.parseDouble(expected))));
      assertThat(answers.get("whose")).isInstanceOfSatisfying(Answer.Curves.class, all -> assertThat(all.curves())
          .singleElement().satisfies(one -> {
            assertThat(one.label("tenant_id")).isEqualTo("A");
            assertThat(one.points()).isNotEmpty();
          }));
      assertThat(answers.get("wrong")).isInstanceOfSatisfying(Answer.Missing.class,
          missing -> assertThat(missing.reason()).isEqualTo(Answer.Reason.REFUSED));
    } finally {
      client.destroy();
    }
  }

  // the order of series is not part of an answer
  private static Object answer(JsonNode all, boolean whole) {
    var result = all.at("/data/result");
    if (!all.at("/data/resultType").asString("").matches("vector|matrix")) {
      return all;
    }
    var series = new TreeSet<String>();
    result.forEach(one -> series.add(whole
        ? one.toString()
        : one.toString()
            .replaceAll("(?<=\\{)\"tenant_id\":\"A\",?|,\"tenant_id\":\"A\"", "")));
    return List.of(result.size(), series);
  }
}
