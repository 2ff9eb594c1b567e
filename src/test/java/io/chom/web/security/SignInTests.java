package io.chom.web.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.ChomApplication;
import io.chom.testing.Browser;
import io.chom.testing.ChomTest;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.data.redis.connection.RedisConnectionFactory;

@ChomTest
class SignInTests {
  private static final String COOKIE = "chom-session";

  private final int port;
  private final RedisConnectionFactory redis;
  private final Tenants acme = Tenants.acme();

  SignInTests(@LocalServerPort int port, @Autowired RedisConnectionFactory redis) {
    this.port = port;
    this.redis = redis;
  }

  private static void await(BooleanSupplier condition) {
    var end = Instant.now().plusSeconds(20);
    while (!condition.getAsBoolean()) {
      assertThat(Instant.now()).as("waited long enough").isBefore(end);
      LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
    }
  }

  private static void sql(String sql, Object... values) throws SQLException {
    try (var connection = RealServices.asAdministrator(); var statement = connection.prepareStatement(sql)) {
      for (var i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      statement.execute();
    }
  }

  private static boolean isSignedIn(Browser browser) {
    return !browser.get("/nothing-here").location().endsWith("/login");
  }

  @Test
  void strangersAreShownToTheLoginAndThenToWhereTheyWentFirst() {
    var browser = new Browser(port);
    assertThat(browser.get("/sites?q=shop").location()).isEqualTo("/login");
    assertThat(browser.signIn(acme.admin().email(), Tenants.PASSWORD).location()).isEqualTo("/sites?q=shop");
    assertThat(isSignedIn(browser)).isTrue();
  }

  @Test
  void afterLoginNobodyIsSentToAnotherHost() {
    for (var path : new String[]{"//evil.example/x", "/%5cevil.example", "/\\evil.example".replace("\\", "%5C")}) {
      var browser = new Browser(port);
      browser.get(path);
      assertThat(browser.signIn(acme.admin().email(), Tenants.PASSWORD).location()).doesNotStartWith("//")
          .doesNotStartWith("/\\").doesNotStartWith("http");
    }
  }

  @Test
  void theHostHeaderNeverDecidesWhereALinkLeads() {
    var answer = new Browser(port).with("X-Forwarded-Host", "evil.example").get("/sites");
    assertThat(answer.location()).isEqualTo("/login");
    assertThat(answer.headers().toString()).doesNotContain("evil.example");
  }

  @Test
  void aFragmentSendsTheWholePageToTheLogin() {
    var answer = new Browser(port).with("HX-Request", "true").get("/sites");
    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.header("hx-redirect")).isEqualTo("/login");
  }

  @Test
  void aWrongPasswordAndAnUnknownAddressGetTheSameAnswer() {
    var wrong = new Browser(port).signIn(acme.admin().email(), "wrong");
    var unknown = new Browser(port).signIn("nobody@" + acme.slug() + ".example", "wrong");
    assertThat(wrong.location()).isEqualTo(unknown.location()).isEqualTo("/login?error");
    assertThat(wrong.status()).isEqualTo(unknown.status());
  }

  @Test
  void aDisabledPersonCannotSignInAndIsSignedOutWithinSeconds() throws SQLException {
    var person = acme.admin();
    var browser = Browser.of(person, port);
    sql("update app_user set disabled = true where id = ?", person.id().value());
    assertThat(new Browser(port).signIn(person.email(), Tenants.PASSWORD).location()).isEqualTo("/login?error");
    await(() -> !isSignedIn(browser));
  }

  @Test
  void aNewPasswordEndsTheSessionsMadeWithTheOldOne() throws SQLException {
    var person = acme.admin();
    var browser = Browser.of(person, port);
    sql("update app_user set password_hash = '$argon2id$other' where id = ?", person.id().value());
    await(() -> !isSignedIn(browser));
  }

  @Test
  void comingBackIsNotGuessing() {
    var person = acme.admin();
    for (var i = 0; i < 7; i++) {
      assertThat(new Browser(port).from("198.51.100.251").signIn(person.email(), Tenants.PASSWORD).location())
          .isEqualTo("/");
    }
  }

  @Test
  void anEventStreamOfAStrangerIsRefusedAndNotShownAPage() {
    assertThat(new Browser(port).with("Accept", "text/event-stream").get("/live?topics=sites").status()).isEqualTo(401);
  }

  @Test
  void theSessionGetsANewIdAtLogin() {
    var browser = new Browser(port);
    browser.csrf();
    var before = browser.cookie(COOKIE).orElseThrow();
    browser.signIn(acme.admin().email(), Tenants.PASSWORD);
    assertThat(browser.cookie(COOKIE).orElseThrow().getValue()).isNotEqualTo(before.getValue());
    assertThat(isSignedIn(new Browser(port).carrying(before))).isFalse();
  }

  @Test
  void theSessionCookieIsOutOfReachForScriptsAndNeighbours() {
    assertThat(new Browser(port).get("/login").header("set-cookie")).contains(COOKIE + "=").contains("HttpOnly")
        .contains("SameSite=Lax").contains("Path=/");
  }

  @Test
  void aSessionHoldsTextOnly() {
    var browser = Browser.of(acme.admin(), port);
    var id = new String(java.util.Base64.getDecoder().decode(browser.cookie(COOKIE).orElseThrow().getValue()),
        java.nio.charset.StandardCharsets.UTF_8);
    try (var connection = redis.getConnection()) {
      var values = connection.hashCommands().hGetAll(("chom:session:sessions:" + id).getBytes());
      assertThat(values).isNotEmpty();
      assertThat(values.values()).allSatisfy(value -> assertThat(new String(value)).matches("(?s)([silb]:.*)?"));
    }
  }

  @Test
  void signingOutEndsTheSession() {
    var browser = Browser.of(acme.admin(), port);
    var cookie = browser.cookie(COOKIE).orElseThrow();
    browser.get("/logout");
    assertThat(isSignedIn(browser)).as("a link does not sign out").isTrue();
    assertThat(browser.post("/logout", Map.of()).location()).isEqualTo("/login?logout");
    assertThat(isSignedIn(new Browser(port).carrying(cookie))).isFalse();
  }

  @Test
  void aFormWithoutItsTokenIsRefused() {
    var browser = Browser.of(acme.admin(), port);
    var answer = browser.with("Accept", "text/html").postAsIs("/logout", Map.of());
    assertThat(answer.status()).isEqualTo(403);
    assertThat(answer.body()).contains("<html").doesNotContain("Exception");
    assertThat(browser.postAsIs("/logout", Map.of("_csrf", "guessed")).status()).isEqualTo(403);
    assertThat(isSignedIn(browser)).isTrue();
  }

  @Test
  void theSixthAttemptFromOneAddressWaits() {
    var browser = new Browser(port);
    for (var i = 0; i < 5; i++) {
      assertThat(browser.signIn(UUID.randomUUID() + "@nowhere.example", "x").status()).isEqualTo(302);
    }
    var sixth = browser.signIn(UUID.randomUUID() + "@nowhere.example", "x");
    assertThat(sixth.status()).isEqualTo(429);
    assertThat(Integer.parseInt(sixth.header("retry-after"))).isBetween(1, 60);
  }

  @Test
  void theSixthAttemptAtOneAccountWaitsFromWhereverItComes() {
    var person = acme.admin();
    for (var i = 0; i < 5; i++) {
      assertThat(new Browser(port).signIn(person.email(), "wrong").status()).isEqualTo(302);
    }
    assertThat(new Browser(port).signIn(" " + person.email().toUpperCase(), Tenants.PASSWORD).status()).isEqualTo(429);
  }

  @Test
  void aForgedForwardedHeaderDoesNotMakeANewAddress() {
    var here = "198.51.100." + (1 + new java.util.Random().nextInt(250));
    var browser = new Browser(port);
    for (var i = 0; i < 5; i++) {
      browser.from("203.0.113." + i + ", " + here).with("CF-Connecting-IP", "203.0.113." + i)
          .signIn(UUID.randomUUID() + "@nowhere.example", "x");
    }
    assertThat(browser.from("203.0.113.99, " + here).signIn(UUID.randomUUID() + "@nowhere.example", "x").status())
        .isEqualTo(429);
  }

  @Test
  void passwordsAreKeptAsArgon2id() throws SQLException {
    var person = acme.admin();
    Browser.of(person, port);
    try (var connection = RealServices.asAdministrator();
        var statement = connection.prepareStatement("select password_hash from app_user where id = ?")) {
      statement.setObject(1, person.id().value());
      try (var rows = statement.executeQuery()) {
        rows.next();
        assertThat(rows.getString(1)).as("made stronger at login").startsWith("$argon2id$v=19$m=19456,t=2,p=1$");
      }
    }
  }

  @Test
  void everyPageTellsTheBrowserToBeCareful() {
    var answer = new Browser(port).get("/login");
    assertThat(answer.header("content-security-policy")).isEqualTo(
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none';"
            + " base-uri 'self'; form-action 'self'; frame-ancestors 'none'");
    assertThat(answer.header("x-content-type-options")).isEqualTo("nosniff");
    assertThat(answer.header("x-frame-options")).isEqualTo("DENY");
    assertThat(answer.header("referrer-policy")).isEqualTo("same-origin");
    assertThat(answer.header("permissions-policy")).contains("camera=()");
    assertThat(answer.header("strict-transport-security")).as("plain HTTP").isEmpty();
    assertThat(new Browser(port).with("X-Forwarded-Proto", "https").get("/login").header("strict-transport-security"))
        .contains("max-age=31536000");
  }

  @Test
  void aSessionOutlivesTheProcess() {
    var browser = Browser.of(acme.admin(), port);
    try (var restarted = new SpringApplicationBuilder(ChomApplication.class).run("--server.port=0")) {
      var other = restarted.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
      assertThat(isSignedIn(new Browser(other).carrying(browser.cookie(COOKIE).orElseThrow()))).isTrue();
      assertThat(isSignedIn(new Browser(other))).isFalse();
    }
  }

  @Test
  void anOldPageActsInNoOtherTenantWhenItsOwnIsTakenAway() throws SQLException {
    var globex = Tenants.globex();
    var person = acme.owner();
    globex.join(person, "OWNER");
    var browser = Browser.of(person, port);
    browser.post("/tenant", Map.of("tenant", acme.id().toString()));
    assertThat(browser.get("/api/v1/me").body()).contains(acme.id().toString());
    browser.with("X-CSRF-TOKEN", browser.csrf().orElseThrow());
    acme.expel(person);
    await(() -> browser.get("/api/v1/sites").status() == 403);
    for (var change : new String[]{"/sites", "/api/v1/sites", "/api/v1/tokens"}) {
      assertThat(browser.send("POST", change).status()).as(change).isIn(403, 404);
    }
    assertThat(browser.get("/api/v1/me").body()).doesNotContain(globex.id().toString());
    browser.with("Accept", "text/html, */*").get("/");
    assertThat(browser.get("/api/v1/me").body()).as("a whole page moves on and says where").contains(
        globex.id().toString());
  }
}
