package io.chom.promql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.chom.promql.Answer.Curves;
import io.chom.promql.Answer.Missing;
import io.chom.promql.Answer.Reason;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** The client, before a server that does what Prometheus hopefully never does. */
class PrometheusTests {
  private static final TenantScope ACME = TenantScope.of("acme");
  private static final Window NOW = Window.at(Instant.ofEpochSecond(1_000));
  private static final String EMPTY = "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}";

  private final List<String> asked = Collections.synchronizedList(new ArrayList<>());
  private SimpleMeterRegistry meters;
  private final CountDownLatch end = new CountDownLatch(1);
  private HttpServer server;
  private Prometheus prometheus;

  private interface Reply {
    void to(HttpExchange exchange, String form) throws Exception;
  }

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
    prometheus = client(Duration.ofSeconds(30));
  }

  @AfterEach
  void stop() {
    end.countDown();
    prometheus.destroy();
    server.stop(0);
  }

  private Prometheus client(Duration deadline) {
    return client("http://127.0.0.1:" + server.getAddress().getPort(), deadline);
  }

  private Prometheus client(String url, Duration deadline) {
    meters = new SimpleMeterRegistry();
    return new Prometheus(new PrometheusProperties(url, deadline, 100_000, 5, 20, 16), JsonMapper.shared(), meters);
  }

  private void answers(Reply reply) {
    server.createContext("/", exchange -> {
      try (exchange) {
        var form = URLDecoder.decode(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8),
            StandardCharsets.UTF_8);
        asked.add(exchange.getRequestURI() + " " + form);
        reply.to(exchange, form);
      } catch (IOException e) {
        throw e;
      } catch (Exception e) {
        throw new IOException(e);
      }
    });
  }

  private static void say(HttpExchange exchange, int status, String text) throws IOException {
    var bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private static Question question(String expression) {
    return new Question(ACME.query(expression), NOW);
  }

  private Map<String, Question> five() {
    var questions = new LinkedHashMap<String, Question>();
    for (var name : List.of("one", "two", "three", "four", "five")) {
      questions.put(name, question(name));
    }
    return questions;
  }

  private static Reason reason(Answer answer) {
    assertThat(answer).isInstanceOf(Missing.class);
    return ((Missing) answer).reason();
  }

  @Test
  void eachNameGetsItsAnswerAndAllAreAskedAtOnce() {
    // nobody is answered before all five have come
    var together = new CyclicBarrier(5);
    answers((exchange, form) -> {
      together.await(20, TimeUnit.SECONDS);
      var name = form.replaceAll("query=(\\w+).*", "$1");
      say(exchange, 200, "{\"status\":\"success\",\"warnings\":[\"careful\"],\"data\":{\"resultType\":\"vector\","
          + "\"result\":[{\"metric\":{\"name\":\"" + name + "\"},\"value\":[1000.5,\"+Inf\"]}]}}");
    });
    var answers = prometheus.ask(five());
    assertThat(answers.keySet()).containsExactly("one", "two", "three", "four", "five");
    answers.forEach((name, answer) -> {
      assertThat(answer).isInstanceOf(Curves.class);
      var curves = (Curves) answer;
      assertThat(curves.curves()).singleElement().satisfies(curve -> {
        assertThat(curve.label("name")).isEqualTo(name);
        assertThat(curve.points()).containsExactly(new Answer.Point(1000.5, Double.POSITIVE_INFINITY));
      });
      assertThat(curves.warnings()).containsExactly("careful");
    });
    assertThat(asked).hasSize(5).allMatch(one -> one.startsWith("/api/v1/query query=")
        && one.contains("{tenant_id=\"acme\"}") && one.contains("&time=1000&timeout="));
    assertThat(meters.get("chom.prometheus.requests").tag("outcome", "answered").timer().count()).isEqualTo(5);
  }

  @Test
  void aWindowIsAlignedAndAskedAsSuch() {
    answers((exchange, form) -> say(exchange, 200, "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\","
        + "\"result\":[{\"metric\":{},\"values\":[[960,\"1\"],[1020,\"NaN\"]]}]}}"));
    var window = Window.last(Duration.ofMinutes(15), Duration.ofMinutes(1), Instant.ofEpochSecond(10_079));
    assertThat(window.points()).isEqualTo(16);
    var answer = prometheus.ask(new Question(ACME.query("up"), window));
    assertThat(((Curves) answer).curves().getFirst().points()).hasSize(2);
    assertThat(asked).singleElement().satisfies(one -> assertThat(one)
        .startsWith("/api/v1/query_range query=up{tenant_id=\"acme\"}&start=9120&end=10020&step=60&timeout="));
  }

  @Test
  void oneThatFailsTakesNoOtherAlong() {
    answers((exchange, form) -> {
      if (form.contains("three")) {
        say(exchange, 422, "{\"status\":\"error\",\"errorType\":\"execution\",\"error\":\"many-to-many\"}");
      } else if (form.contains("four")) {
        say(exchange, 503, "{\"status\":\"error\",\"errorType\":\"timeout\",\"error\":\"query timed out\"}");
      } else if (form.contains("five")) {
        say(exchange, 500, "<html>rubbish");
      } else {
        say(exchange, 200, EMPTY);
      }
    });
    var answers = prometheus.ask(five());
    assertThat(answers.get("one")).isEqualTo(new Curves(List.of(), List.of()));
    assertThat(answers.get("two")).isEqualTo(new Curves(List.of(), List.of()));
    assertThat(answers.get("three")).isEqualTo(new Missing(Reason.REFUSED, "many-to-many"));
    assertThat(reason(answers.get("four"))).isEqualTo(Reason.TOO_SLOW);
    assertThat(reason(answers.get("five"))).isEqualTo(Reason.UNREADABLE);
    // what was answered is not asked again
    assertThat(asked).hasSize(5);
  }

  @Test
  void oneThatIsSilentIsMissingAtTheDeadlineAndNotAskedAgain() {
    answers((exchange, form) -> {
      if (form.contains("three")) {
        end.await();
      } else if (form.contains("four")) {
        // the head, and then nothing
        exchange.sendResponseHeaders(200, 0);
        exchange.getResponseBody().write('{');
        exchange.getResponseBody().flush();
        end.await();
      }
      say(exchange, 200, EMPTY);
    });
    prometheus = client(Duration.ofMillis(1_500));
    var answers = prometheus.ask(five());
    assertThat(answers.get("one")).isInstanceOf(Curves.class);
    assertThat(reason(answers.get("three"))).isEqualTo(Reason.TOO_SLOW);
    assertThat(reason(answers.get("four"))).isEqualTo(Reason.TOO_SLOW);
    assertThat(asked).hasSize(5);
  }

  @Test
  void aLineThatBreaksIsTriedOnceMore() {
    var broken = new AtomicInteger();
    answers((exchange, form) -> {
      if (broken.incrementAndGet() == 1) {
        exchange.sendResponseHeaders(200, 1_000);
        exchange.getResponseBody().write('{');
        return;
      }
      say(exchange, 200, EMPTY);
    });
    assertThat(prometheus.ask(question("up"))).isInstanceOf(Curves.class);
    assertThat(asked).hasSize(2);
  }

  @Test
  void whatIsTooLargeIsNotTaken() {
    answers((exchange, form) -> {
      exchange.sendResponseHeaders(200, 0);
      var out = exchange.getResponseBody();
      out.write(
          "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[".getBytes(StandardCharsets.UTF_8));
      var point = "[1,\"1\"]";
      if (form.contains("bytes")) {
        out.write((" ".repeat(200_000) + "]}}").getBytes(StandardCharsets.UTF_8));
      } else if (form.contains("series")) {
        out.write(String.join(",", Collections.nCopies(6, "{\"metric\":{},\"value\":" + point + "}")).getBytes(
            StandardCharsets.UTF_8));
        out.write("]}}".getBytes(StandardCharsets.UTF_8));
      } else {
        out.write(("{\"metric\":{},\"values\":[" + String.join(",", Collections.nCopies(21, point)) + "]}]}}")
            .getBytes(StandardCharsets.UTF_8));
      }
    });
    for (var kind : List.of("bytes", "series", "points")) {
      assertThat(reason(prometheus.ask(question(kind)))).as(kind).isEqualTo(Reason.TOO_MUCH);
    }
    assertThat(asked).hasSize(3);
  }

  @Test
  void rubbishIsNoAnswer() {
    var rubbish = List.of("", "[]", "{}", "null", "{\"status\":\"success\"", "{\"status\":7}", "hello",
        "{\"status\":\"success\",\"data\":{\"result\":[{\"metric\":{},\"value\":[\"a\",\"1\"]}]}}",
        "{\"status\":\"success\",\"data\":{\"result\":[{\"metric\":{},\"value\":[1,\"x\"]}]}}",
        "{\"status\":\"success\",\"data\":{\"result\":[{\"metric\":{\"a\":1},\"value\":[1,\"1\"]}]}}");
    var next = new AtomicInteger();
    answers((exchange, form) -> say(exchange, 200, rubbish.get(next.getAndIncrement())));
    rubbish.forEach(one -> assertThat(reason(prometheus.ask(question("up")))).as(one).isEqualTo(Reason.UNREADABLE));
  }

  @Test
  void fivePanelsThatFailOnceAreOneFailure() throws IOException {
    int port;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    prometheus = client("http://127.0.0.1:" + port, Duration.ofSeconds(30));
    for (int batch = 1; batch <= 3; batch++) {
      assertThat(resting()).as("before batch " + batch).isZero();
      prometheus.ask(five()).values().forEach(answer -> assertThat(reason(answer)).isEqualTo(Reason.AWAY));
    }
    assertThat(resting()).isEqualTo(1);
    long tries = meters.get("chom.prometheus.requests").tag("outcome", "away").timer().count();
    assertThat(tries).isEqualTo(15);
    prometheus.ask(five()).values().forEach(answer -> assertThat(reason(answer)).isEqualTo(Reason.AWAY));
    assertThat(meters.get("chom.prometheus.requests").tag("outcome", "away").timer().count()).isEqualTo(tries);
  }

  private double resting() {
    return meters.get("chom.prometheus.rests").gauge().value();
  }

  @Test
  void theLoginIsAHeaderAndNothingElse() {
    var header = new ArrayList<String>();
    answers((exchange, form) -> {
      header.add(exchange.getRequestHeaders().getFirst("Authorization"));
      say(exchange, 401, "");
    });
    var url = "http://chom:a+b%40c@127.0.0.1:" + server.getAddress().getPort() + "/";
    prometheus = client(url, Duration.ofSeconds(30));
    var answer = prometheus.ask(question("up"));
    assertThat(header).containsExactly("Basic Y2hvbTphK2JAYw==");
    assertThat(asked.getFirst()).startsWith("/api/v1/query ");
    assertThat(answer.toString()).doesNotContain("a+b").doesNotContain("127.0.0.1");
    assertThat(new PrometheusProperties(url, Duration.ofSeconds(5), 1_000, 1, 1, 1).toString()).doesNotContain("a+b");
  }

  @Test
  void withoutPrometheusNobodyIsAsked() {
    prometheus = client("", Duration.ofSeconds(30));
    prometheus.ask(five()).values().forEach(answer -> assertThat(reason(answer)).isEqualTo(Reason.NOT_SET_UP));
    assertThat(prometheus.ask(Map.of())).isEmpty();
  }

  @Test
  void whatCannotBeAskedIsRefusedBefore() {
    var hour = new Window(Instant.EPOCH, Instant.EPOCH.plusSeconds(3_600), Duration.ofSeconds(60));
    assertThatThrownBy(() -> new Question(ACME.query("up[5m]"), hour)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Question(ACME.query("\"text\""), NOW)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> ACME.query("up{")).isInstanceOf(PromqlRefused.class);
    assertThatThrownBy(() -> new Question(ACME.query("up"),
        new Window(Instant.EPOCH, Instant.EPOCH.plusSeconds(11_000), Duration.ofSeconds(1))))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
