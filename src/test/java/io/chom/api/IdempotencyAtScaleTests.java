package io.chom.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.accounts.Access;
import io.chom.accounts.Tokens;
import io.chom.api.ApiClient.Answer;
import io.chom.common.Uuid7;
import io.chom.ssh.Eventually;
import io.chom.testing.ChomTest;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;

/** A thousand programs at once over HTTP, each of which asks again while it is told to, as programs should. */
@ChomTest
@Timeout(300)
class IdempotencyAtScaleTests {
  private static final int MANY = 1_000;

  private final int port;
  private final Access access;
  private final Tokens tokens;

  IdempotencyAtScaleTests(@LocalServerPort int port, @Autowired Access access, @Autowired Tokens tokens) {
    this.port = port;
    this.access = access;
    this.tokens = tokens;
  }

  private static List<Answer> atOnce(int many, IntFunction<Answer> ask) throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Answer>> all = IntStream.range(0, many).<Callable<Answer>>mapToObj(i -> () -> patiently(ask, i))
          .toList();
      var answers = new ArrayList<Answer>();
      for (var answer : threads.invokeAll(all)) {
        answers.add(answer.get());
      }
      return answers;
    }
  }

  private static Answer patiently(IntFunction<Answer> ask, int i) {
    var last = new AtomicReference<Answer>();
    Eventually.that(() -> {
      last.set(ask.apply(i));
      return !toldToComeBack(last.get());
    });
    return last.get();
  }

  private static boolean toldToComeBack(Answer answer) {
    return answer.status() == 503
        || answer.status() == 409 && answer.text("/code").equals("IDEMPOTENCY_KEY_IN_USE");
  }

  private static String site() {
    return "{\"domain\":\"s%s.example.org\",\"type\":\"static\"}".formatted(Uuid7.next().toString().replace("-", ""));
  }

  private static long count(Tenants tenant, String what) throws SQLException {
    try (var connection = RealServices.asAdministrator();
        var statement = connection.prepareStatement("select count(*) from " + what + " where tenant_id = ?")) {
      statement.setObject(1, tenant.id().value());
      try (var rows = statement.executeQuery()) {
        rows.next();
        return rows.getLong(1);
      }
    }
  }

  @Test
  void aThousandEqualRequestsAtOnceHaveOneEffectAndOneAnswer() throws Exception {
    var acme = Tenants.named("Acme", "enterprise");
    acme.sharedServer();
    var client = ApiClient.of(port, acme, acme.owner(), access, tokens);
    var body = site();
    var answers = atOnce(MANY, i -> client.post("/api/v1/sites", body, "Idempotency-Key", "order-1"));
    assertThat(answers.stream().collect(Collectors.groupingBy(Answer::status, Collectors.counting())))
        .containsOnlyKeys(202);
    assertThat(answers.stream().map(Answer::body).distinct()).hasSize(1);
    assertThat(answers.stream().map(answer -> answer.header("Location")).distinct()).hasSize(1);
    assertThat(count(acme, "site")).isEqualTo(1);
    assertThat(count(acme, "operation")).isEqualTo(1);
    assertThat(count(acme, "(select tenant_id from audit_event where action = 'site.create') made")).isEqualTo(1);
    var other = client.post("/api/v1/sites", site(), "Idempotency-Key", "order-1");
    assertThat(other.status()).isEqualTo(422);
    assertThat(other.text("/code")).isEqualTo("IDEMPOTENCY_KEY_REUSED");
    assertThat(count(acme, "site")).isEqualTo(1);
  }

  @Test
  void twoRequestsUnderOneKeyAtOnceAreToldApart() throws Exception {
    var acme = Tenants.named("Acme", "enterprise");
    acme.sharedServer();
    var client = ApiClient.of(port, acme, acme.owner(), access, tokens);
    var one = site();
    var other = site();
    var answers = atOnce(200,
        i -> client.post("/api/v1/sites", i % 2 == 0 ? one : other, "Idempotency-Key", "order-2"));
    var done = answers.stream().filter(answer -> answer.status() == 202).toList();
    assertThat(done).hasSize(100);
    assertThat(done.stream().map(Answer::body).distinct()).hasSize(1);
    assertThat(answers.stream().filter(answer -> answer.status() != 202).map(answer -> answer.text("/code")).distinct())
        .containsExactly("IDEMPOTENCY_KEY_REUSED");
    assertThat(count(acme, "site")).isEqualTo(1);
  }

  @Test
  void aThousandDifferentRequestsHoldThePlansLimit() throws Exception {
    var small = Tenants.named("Small", "starter");
    small.sharedServer();
    var owner = small.owner();
    var clients = IntStream.range(0, 4).mapToObj(i -> ApiClient.of(port, small, owner, access, tokens)).toList();
    var bodies = IntStream.range(0, MANY).mapToObj(i -> site()).toList();
    var answers = atOnce(MANY,
        i -> clients.get(i % 4).post("/api/v1/sites", bodies.get(i), "Idempotency-Key", "order-" + i));
    assertThat(answers.stream().filter(answer -> answer.status() == 202)).hasSize(5);
    assertThat(answers.stream().filter(answer -> answer.status() != 202).map(answer -> answer.text("/code")).distinct())
        .containsExactly("PLAN_LIMIT_REACHED");
    assertThat(count(small, "site")).isEqualTo(5);
    assertThat(count(small, "operation")).isEqualTo(5);
  }
}
