package io.chom.web.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.accounts.Access;
import io.chom.accounts.NewToken;
import io.chom.accounts.SignedIn;
import io.chom.accounts.Tokens;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import io.chom.testing.Browser;
import io.chom.testing.ChomTest;
import io.chom.testing.Tenants;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;

@ChomTest
class ApiCallersTests {
  private final int port;
  private final Tokens tokens;
  private final Access access;
  private final Tenants acme = Tenants.acme();

  ApiCallersTests(@LocalServerPort int port, @Autowired Tokens tokens, @Autowired Access access) {
    this.port = port;
    this.tokens = tokens;
    this.access = access;
  }

  private Browser caller(TenantId tenant, Tenants.Person person, String... scopes) {
    var caller = access.caller(new SignedIn(person.id(), person.email(), person.name(), false), tenant).orElseThrow();
    var token = TenantContext.<String, RuntimeException>callAs(tenant,
        () -> tokens.create(caller, new NewToken("ci", Set.of(scopes), null)).token());
    return new Browser(port).with("Authorization", "Bearer " + token);
  }

  @Test
  void aTokenIsItsPersonInItsTenant() {
    var answer = caller(acme.id(), acme.admin(), "*").get("/api/v1/me");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.body()).contains(acme.id().toString());
    assertThat(answer.header("set-cookie")).as("no session for a call").isEmpty();
  }

  @Test
  void aStrangerIsToldHowToCome() {
    var answer = new Browser(port).with("Authorization", "Bearer chom_wrong").get("/api/v1/sites");
    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.header("content-type")).startsWith("application/problem+json");
    assertThat(answer.body()).contains("\"code\":\"UNAUTHENTICATED\"");
    assertThat(answer.header("www-authenticate")).isEqualTo("Bearer");
    assertThat(new Browser(port).send("POST", "/api/v1/sites").status()).isEqualTo(401);
    assertThat(new Browser(port).with("Authorization", "Basic YTpi").get("/api/v1/sites").status()).isEqualTo(401);
  }

  @Test
  void aScopeIsTheMostATokenMay() {
    var reader = caller(acme.id(), acme.admin(), "sites:read");
    assertThat(reader.get("/api/v1/sites").status()).isEqualTo(200);
    var refused = reader.send("DELETE", "/api/v1/sites/" + TenantId.PLATFORM);
    assertThat(refused.status()).isEqualTo(403);
    assertThat(refused.body()).contains("\"code\":\"FORBIDDEN\"");
  }

  @Test
  void aWrongTokenIsNotHelpedByACookie() {
    var browser = Browser.of(acme.admin(), port);
    assertThat(browser.get("/api/v1/sites").status()).isEqualTo(200);
    assertThat(browser.with("Authorization", "Bearer chom_wrong").get("/api/v1/sites").status()).isEqualTo(401);
  }

  @Test
  void aCookieAloneReadsButNeedsThePagesTokenToChange() {
    var browser = Browser.of(acme.admin(), port);
    assertThat(browser.get("/api/v1/sites").status()).isEqualTo(200);
    var refused = browser.send("POST", "/api/v1/sites");
    assertThat(refused.status()).isEqualTo(403);
    assertThat(refused.body()).contains("\"code\":\"CSRF_TOKEN_MISSING\"");
  }

  @Test
  void aPagesTokenStaysGoodWhileThePageReadsTheApi() {
    var person = acme.admin();
    var browser = Browser.of(person, port);
    var token = browser.csrf().orElseThrow();
    assertThat(browser.get("/api/v1/me").status()).isEqualTo(200);
    assertThat(browser.postAsIs("/tenant", Map.of("_csrf", token, "tenant", acme.id().toString())).status())
        .isEqualTo(302);
    assertThat(browser.postAsIs("/tenant", Map.of("_csrf", "wrong", "tenant", acme.id().toString())).status())
        .isEqualTo(403);
  }

  @Test
  void onlyThoseWhoRunThePanelReadItsFigures() {
    assertThat(caller(TenantId.PLATFORM, Tenants.operator(), "*").get("/actuator/prometheus").status()).isEqualTo(200);
    assertThat(caller(acme.id(), acme.admin(), "*").get("/actuator/prometheus").status()).isEqualTo(403);
    assertThat(Browser.of(acme.owner(), port).get("/actuator/prometheus").status()).isEqualTo(403);
    assertThat(new Browser(port).get("/actuator/prometheus").status()).isEqualTo(401);
    assertThat(new Browser(port).get("/actuator/health/readiness").status()).isEqualTo(200);
  }
}
