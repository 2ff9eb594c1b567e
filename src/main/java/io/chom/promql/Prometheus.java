package io.chom.promql;

import io.chom.promql.Answer.Missing;
import io.chom.promql.Answer.Reason;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.stereotype.Service;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.databind.ObjectMapper;

/**
 * Asks Prometheus many questions at once. Everybody gets an answer before the deadline, to each question by itself:
 * one that fails takes none of the others along.
 */
@Service
public class Prometheus implements DisposableBean {
  /** The most questions of one batch. */
  public static final int MOST_QUESTIONS = 50;
  private static final Logger LOG = LoggerFactory.getLogger(Prometheus.class);
  private static final Duration CONNECT = Duration.ofSeconds(2);
  private static final int TRIES = 2;
  private static final Duration BEFORE_NEXT = Duration.ofMillis(100);
  /** How much earlier than the panel Prometheus itself gives up, so that it can say so. */
  private static final Duration EARLIER = Duration.ofMillis(500);
  private static final int OK = 200;
  private static final int MOVED = 300;
  private static final int GATEWAY = 502;
  private static final int NO_GATEWAY = 504;

  private final PrometheusProperties properties;
  private final ObjectMapper json;
  private final MeterRegistry meters;
  private final @Nullable URI base;
  private final @Nullable String login;
  private final HttpClient http;
  private final ExecutorService threads = Executors
      .newThreadPerTaskExecutor(Thread.ofVirtual().name("prometheus-", 0).factory());
  private final Semaphore places;
  private final Breaker breaker = new Breaker(System::nanoTime);

  Prometheus(PrometheusProperties properties, ObjectMapper json, MeterRegistry meters) {
    this.properties = properties;
    this.json = json;
    this.meters = meters;
    this.places = new Semaphore(properties.atOnce());
    var url = properties.url().isBlank() ? null : URI.create(properties.url().strip());
    this.base = url == null ? null : withoutLogin(url);
    this.login = url == null || url.getRawUserInfo() == null ? null : basic(url.getRawUserInfo());
    this.http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT)
        .followRedirects(HttpClient.Redirect.NEVER).build();
    Gauge.builder("chom.prometheus.rests", breaker, one -> one.open() ? 1 : 0)
        .description("1 while Prometheus is not asked because it did not answer").register(meters);
  }

  private static URI withoutLogin(URI url) {
    var path = url.getRawPath() == null ? "" : url.getRawPath().replaceAll("/+$", "");
    return URI.create(url.getScheme() + "://" + url.getRawAuthority().replaceFirst("^.*@", "") + path + "/");
  }

  private static String basic(String login) {
    // a plus in a password is a plus
    var plain = URLDecoder.decode(login.replace("+", "%2B"), StandardCharsets.UTF_8);
    return "Basic " + Base64.getEncoder().encodeToString(plain.getBytes(StandardCharsets.UTF_8));
  }

  /** The answer to one question. */
  public Answer ask(Question question) {
    return ask(Map.of("", question)).getOrDefault("", new Missing(Reason.AWAY, ""));
  }

  /** An answer to each question, under its name. Waits until the deadline at most, and never throws for Prometheus. */
  public Map<String, Answer> ask(Map<String, Question> questions) {
    if (questions.size() > MOST_QUESTIONS) {
      throw new IllegalArgumentException(MOST_QUESTIONS + " questions at once, not " + questions.size());
    }
    var answers = new LinkedHashMap<String, Answer>();
    if (questions.isEmpty()) {
      return answers;
    }
    if (base == null || !breaker.lets()) {
      var missing = base == null
          ? new Missing(Reason.NOT_SET_UP, "no Prometheus is set up")
          : new Missing(Reason.AWAY, "it did not answer; it is asked again shortly");
      questions.keySet().forEach(name -> answers.put(name, missing));
      return answers;
    }
    long began = System.nanoTime();
    var told = new Told();
    try {
      askAll(questions, new Deadline(began + properties.deadline().toNanos()), told, answers);
    } finally {
      if (told.answered()) {
        breaker.answered();
      } else if (told.asked()) {
        breaker.failed(began);
      } else {
        breaker.unknown();
      }
    }
    return answers;
  }

  private void askAll(Map<String, Question> questions, Deadline deadline, Told told, Map<String, Answer> answers) {
    var tasks = new ArrayList<Callable<Answer>>();
    questions.values().forEach(question -> tasks.add(() -> timed(question, deadline, told)));
    List<Future<Answer>> all;
    try {
      all = threads.invokeAll(tasks, deadline.left().toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      questions.keySet().forEach(name -> answers.put(name, new Missing(Reason.AWAY, "the panel is stopping")));
      return;
    }
    int index = 0;
    for (var one : questions.entrySet()) {
      var answer = outcome(all.get(index++));
      if (answer instanceof Missing missing) {
        LOG.warn("Prometheus has no answer for \"{}\": {}: {}", one.getKey(), missing.reason(), missing.detail());
      }
      answers.put(one.getKey(), answer);
    }
  }

  private static Answer outcome(Future<Answer> done) {
    if (done.isCancelled()) {
      return tooSlow();
    }
    try {
      return done.resultNow();
    } catch (IllegalStateException e) {
      throw new IllegalStateException("A question could not be asked", done.exceptionNow());
    }
  }

  private static Missing tooSlow() {
    return new Missing(Reason.TOO_SLOW, "no answer in time; choose a shorter time or a simpler expression");
  }

  private Answer timed(Question question, Deadline deadline, Told told) throws InterruptedException {
    long began = System.nanoTime();
    var outcome = Reason.TOO_SLOW.name();
    try {
      var answer = placed(question, deadline, told);
      outcome = answer instanceof Missing missing ? missing.reason().name() : "ANSWERED";
      return answer;
    } finally {
      meters.timer("chom.prometheus.requests", "outcome", outcome.toLowerCase(Locale.ROOT))
          .record(System.nanoTime() - began, TimeUnit.NANOSECONDS);
    }
  }

  private Answer placed(Question question, Deadline deadline, Told told) throws InterruptedException {
    if (!places.tryAcquire(deadline.left().toNanos(), TimeUnit.NANOSECONDS)) {
      return tooSlow();
    }
    try {
      return tried(question, deadline, told);
    } finally {
      places.release();
    }
  }

  private Answer tried(Question question, Deadline deadline, Told told) throws InterruptedException {
    for (int tries = 1;; tries++) {
      told.ask();
      try {
        return once(question, deadline, told);
      } catch (IOException | JacksonIOException e) {
        if (deadline.left().compareTo(BEFORE_NEXT) <= 0) {
          return tooSlow();
        }
        if (tries == TRIES) {
          return new Missing(Reason.AWAY, e instanceof ConnectException ? "it is not reached" : "the connection broke");
        }
        Thread.sleep(BEFORE_NEXT);
      }
    }
  }

  private Answer once(Question question, Deadline deadline, Told told) throws IOException, InterruptedException {
    var response = http.send(request(question, deadline), BodyHandlers.ofInputStream());
    told.answer();
    try (var body = new Bounded(response.body(), properties.bytes())) {
      int status = response.statusCode();
      if (status == GATEWAY || status == NO_GATEWAY) {
        return new Missing(Reason.AWAY, "HTTP " + status + " from before it");
      }
      // what it does not want it says with 4xx, and 503 where it took too long
      var answer = AnswerReader.read(body, json, properties);
      boolean unreadable = answer instanceof Missing missing
          ? missing.reason() == Reason.UNREADABLE
          : status < OK || status >= MOVED;
      return unreadable
          ? new Missing(Reason.UNREADABLE, "HTTP " + status + " without an answer of Prometheus")
          : answer;
    } catch (JacksonIOException e) {
      if (e.getCause() instanceof TooLarge) {
        return new Missing(Reason.TOO_MUCH,
            "more than " + properties.bytes() + " bytes; aggregate, or choose a shorter time or a longer step");
      }
      throw e;
    }
  }

  private HttpRequest request(Question question, Deadline deadline) {
    var window = question.window();
    var form = new StringBuilder("query=").append(URLEncoder.encode(question.query().text(), StandardCharsets.UTF_8));
    if (window.moment()) {
      form.append("&time=").append(window.from().getEpochSecond());
    } else {
      form.append("&start=").append(window.from().getEpochSecond()).append("&end=").append(window.to().getEpochSecond())
          .append("&step=").append(window.step().toSeconds());
    }
    form.append("&timeout=").append(Math.max(1, deadline.left().minus(EARLIER).toMillis())).append("ms");
    var request = HttpRequest
        .newBuilder(Objects.requireNonNull(base).resolve(window.moment() ? "api/v1/query" : "api/v1/query_range"))
        .header("Content-Type", "application/x-www-form-urlencoded").header("Accept", "application/json")
        .POST(BodyPublishers.ofString(form.toString()));
    if (login != null) {
      request.header("Authorization", login);
    }
    return request.build();
  }

  @Override
  public void destroy() {
    threads.shutdownNow();
    http.shutdownNow();
  }

  /** Until when a batch waits. */
  private record Deadline(long nanos) {
    Duration left() {
      return Duration.ofNanos(Math.max(0, nanos - System.nanoTime()));
    }
  }

  /** Whether anybody was asked, and whether anybody said anything. */
  private static final class Told {
    private volatile boolean asked;
    private volatile boolean answered;

    void ask() {
      asked = true;
    }

    void answer() {
      answered = true;
    }

    boolean asked() {
      return asked;
    }

    boolean answered() {
      return answered;
    }
  }

  private static final class TooLarge extends IOException {
    private static final long serialVersionUID = 1L;
  }

  /** Ends reading where an answer is larger than is taken. */
  private static final class Bounded extends FilterInputStream {
    private long left;

    Bounded(InputStream in, long most) {
      super(in);
      this.left = most;
    }

    @Override
    public int read() throws IOException {
      return count(super.read(), 1);
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      int read = super.read(into, offset, length);
      return count(read, read);
    }

    private int count(int result, int bytes) throws IOException {
      if (result >= 0) {
        left -= bytes;
        if (left < 0) {
          throw new TooLarge();
        }
      }
      return result;
    }
  }
}
