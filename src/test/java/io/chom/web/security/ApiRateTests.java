package io.chom.web.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.accounts.Access;
import io.chom.accounts.NewToken;
import io.chom.accounts.SignedIn;
import io.chom.accounts.Tokens;
import io.chom.tenancy.TenantContext;
import io.chom.testing.Browser;
import io.chom.testing.ChomTest;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;

/** How many calls a token may make. What happens over two nodes, {@link RedisAwayTests} tries. */
@ChomTest
class ApiRateTests {
  static final int CALLS = 4;

  private final int port;
  private final Tokens tokens;
  private final Access access;

  ApiRateTests(@LocalServerPort int port, @Autowired Tokens tokens, @Autowired Access access) {
    this.port = port;
    this.tokens = tokens;
    this.access = access;
  }

  @BeforeAll
  static void aSmallPlan() {
    RealServices.asAdministrator("insert into tier_limit (tier, max_sites, max_storage_gb, backup_days, max_members,"
        + " api_calls_hour) values ('small', 1, 1, 1, 1, " + CALLS + ") on conflict do nothing");
  }

  static Browser caller(Tenants tenant, int port, Tokens tokens, Access access) {
    var person = tenant.admin();
    var caller = access.caller(new SignedIn(person.id(), person.email(), person.name(), false), tenant.id())
        .orElseThrow();
    var token = TenantContext.<String, RuntimeException>callAs(tenant.id(),
        () -> tokens.create(caller, new NewToken("ci", Set.of("*"), null)).token());
    return new Browser(port).with("Authorization", "Bearer " + token);
  }

  private Browser caller(Tenants tenant) {
    return caller(tenant, port, tokens, access);
  }

  @Test
  void eachAnswerTellsHowManyCallsAreLeft() {
    var caller = caller(Tenants.named("Small", "small"));
    for (int left = CALLS - 1; left >= 0; left--) {
      var answer = caller.get("/api/v1/me");
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.header("ratelimit-policy")).isEqualTo("\"plan\";q=" + CALLS + ";w=3600");
      assertThat(answer.header("ratelimit")).startsWith("\"plan\";r=" + left + ";t=");
      assertThat(answer.header("ratelimit-limit")).isEqualTo("" + CALLS);
      assertThat(answer.header("ratelimit-remaining")).isEqualTo("" + left);
      assertThat(Long.parseLong(answer.header("ratelimit-reset"))).isBetween(1L, 3600L);
    }
  }

  @Test
  void oneTooManyIsToldWhenToComeBackAndChangesNothing() {
    var acme = Tenants.named("Acme", "small");
    var globex = Tenants.named("Globex", "small");
    var caller = caller(acme);
    for (int i = 0; i < CALLS; i++) {
      assertThat(caller.get("/api/v1/sites").status()).isEqualTo(200);
    }
    var refused = caller.get("/api/v1/sites");
    assertThat(refused.status()).isEqualTo(429);
    assertThat(Long.parseLong(refused.header("retry-after"))).isBetween(1L, 3600L / CALLS);
    assertThat(refused.header("ratelimit-remaining")).isEqualTo("0");
    assertThat(refused.header("content-type")).startsWith("application/problem+json");
    assertThat(refused.body()).contains("\"code\":\"RATE_LIMITED\"", "" + CALLS);
    assertThat(caller.request("DELETE", "/api/v1/sites/00000000-0000-7000-8000-000000000009").status()).isEqualTo(429);
    assertThat(caller(acme).get("/api/v1/sites").status()).as("another token").isEqualTo(200);
    assertThat(caller(globex).get("/api/v1/sites").status()).as("another tenant").isEqualTo(200);
  }

  @Test
  void twentyAtOnceAreCountedOneByOne() throws Exception {
    var caller = caller(Tenants.named("Small", "small"));
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var asked = threads.invokeAll(
          Stream.generate(() -> (Callable<Integer>) () -> caller.get("/api/v1/me").status()).limit(20).toList());
      int free = 0;
      for (var one : asked) {
        free += one.get() == 200 ? 1 : 0;
      }
      assertThat(free).isEqualTo(CALLS);
    }
  }

  @Test
  void aPlanWithoutALimitAndABrowsersOwnCallsAreNotCounted() {
    assertThat(caller(Tenants.named("Big", "enterprise")).get("/api/v1/me").headers()).doesNotContainKey("ratelimit");
    var browser = Browser.of(Tenants.named("Small", "small").admin(), port);
    for (int i = 0; i <= CALLS; i++) {
      assertThat(browser.get("/api/v1/me").status()).isEqualTo(200);
    }
  }
}
