package io.chom.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.accounts.Access;
import io.chom.accounts.Tokens;
import io.chom.common.Uuid7;
import io.chom.tenancy.TenantId;
import io.chom.testing.Browser;
import io.chom.testing.ChomTest;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;

/** Every route of the fleet, as operators and as tenants call it. */
@ChomTest
class FleetRoutesTests {
  private static final Tenants PLATFORM = new Tenants(TenantId.PLATFORM, "Platform", "platform");
  private final int port;
  private final List<Route> routes = new ArrayList<>();
  private final Tenants acme = Tenants.acme();
  private final Tenants globex = Tenants.globex();
  private final UUID shared = acme.sharedServer();
  private final Tenants.Person operator = Tenants.operator();
  @Autowired
  Access access;
  @Autowired
  Tokens tokens;

  private record Route(String method, String path) {
    String with(UUID id) {
      return path.replace("{id}", id.toString());
    }

    boolean api() {
      return path.startsWith("/api/");
    }

    boolean reads() {
      return method.equals("GET");
    }
  }

  FleetRoutesTests(@LocalServerPort int port,
      @Autowired @Qualifier("requestMappingHandlerMapping") RequestMappingHandlerMapping mapping) {
    this.port = port;
    mapping.getHandlerMethods().keySet().forEach(route -> route.getPatternValues().stream()
        .filter(path -> path.matches("(/api/v1)?/(servers|server-enrolments)(/.*)?")).forEach(path -> route
            .getMethodsCondition().getMethods().forEach(method -> routes.add(new Route(method.name(), path)))));
  }

  @Test
  void areAllHere() {
    assertThat(routes).contains(new Route("GET", "/servers"), new Route("POST", "/servers/{id}/prepare"),
        new Route("GET", "/api/v1/servers/{id}"), new Route("POST", "/api/v1/server-enrolments/{id}/approval"));
  }

  @Test
  void refuseTenantsWhateverTheyAskFor() {
    for (var tenant : List.of(acme, globex)) {
      var token = ApiClient.of(port, tenant, tenant.owner(), access, tokens);
      var browser = Browser.of(tenant.owner(), port);
      browser.with("X-CSRF-TOKEN", browser.csrf().orElseThrow());
      for (var route : routes) {
        for (var id : List.of(shared, Uuid7.next())) {
          var status = route.api()
              ? token.send(route.method(), route.with(id), "{}").status()
              : browser.send(route.method(), route.with(id)).status();
          assertThat(status).as("%s %s for %s", route.method(), route.path(), tenant.name()).isEqualTo(403);
        }
      }
    }
  }

  @Test
  void answerAnOperatorAndDoNotKnowWhatIsNotThere() {
    var token = ApiClient.of(port, PLATFORM, operator, access, tokens);
    var browser = Browser.of(operator, port);
    for (var route : routes) {
      if (route.reads() && route.path().contains("{id}")) {
        assertThat(status(route, Uuid7.next(), token, browser)).as(route.toString()).isEqualTo(404);
      }
      if (route.reads() && !route.path().contains("enrolments/{id}") && !route.path().contains("enrol/{id}")) {
        assertThat(status(route, shared, token, browser)).as(route.toString()).isEqualTo(200);
      }
    }
    assertThat(fleet(token, "/api/v1/servers?limit=50")).contains(shared.toString()).doesNotContain("sealed");
    var prepared = token.post("/api/v1/servers/" + Uuid7.next() + "/prepare", "{}");
    assertThat(prepared.status()).as(prepared.body()).isEqualTo(404);
    var approved = token.post("/api/v1/servers/" + shared + "/host-key", "{\"fingerprint\":\"SHA256:x\"}");
    assertThat(approved.status()).as(approved.body()).isBetween(409, 422);
    assertThat(approved.text("/code")).isEqualTo("HOST_KEY_NOT_CHANGED");
    assertThat(browser.post("/servers/" + shared + "/host-key", Map.of("fingerprint", "SHA256:x", "typedName", "no"))
        .status()).isEqualTo(422);
  }

  @Test
  void anOperatorsTokenForATenantSeesThatTenantsServersOnly() {
    var own = acme.server();
    var others = globex.server();
    var token = ApiClient.of(port, acme, operator, access, tokens);
    assertThat(token.get("/api/v1/servers").body()).contains(own.toString()).doesNotContain(others.toString(),
        shared.toString());
    assertThat(token.get("/api/v1/servers/" + own).status()).isEqualTo(200);
    for (var hidden : List.of(others, shared)) {
      assertThat(token.get("/api/v1/servers/" + hidden).status()).isEqualTo(404);
      assertThat(token.post("/api/v1/servers/" + hidden + "/prepare", "{}").status()).isEqualTo(404);
    }
  }

  @Test
  void anOperatorsTokenForATenantFollowsNothingOfThePlatform() {
    var operation = Uuid7.next();
    RealServices.asAdministrator("""
        insert into operation (id, tenant_id, type, subject_kind, subject_id, subject_label, status, requested_label)
        values ('%s', '%s', 'server.enrol', 'server', '%s', 'web-1', 'SUCCEEDED', 'test')
        """.formatted(operation, TenantId.PLATFORM, Uuid7.next()));
    var token = ApiClient.of(port, acme, operator, access, tokens);
    assertThat(token.get("/api/v1/operations/" + operation).status()).isEqualTo(404);
    assertThat(token.get("/api/v1/operations/" + operation + "/events").status()).isEqualTo(404);
  }

  @Test
  void theFleetIsReadPageByPageAndSearched() {
    var tenant = Tenants.named("Initech", "pro");
    var servers = List.of(tenant.server(), tenant.server(), tenant.server());
    var others = globex.server();
    rename(servers.getFirst(), "Mail-1", "192.0.2.7");
    var token = ApiClient.of(port, tenant, operator, access, tokens);
    var first = token.get("/api/v1/servers?limit=2");
    assertThat(first.body()).contains(servers.getFirst().toString()).contains(servers.get(1).toString())
        .doesNotContain(servers.getLast().toString());
    assertThat(fleet(token, "/api/v1/servers?limit=1")).contains(servers.stream().map(UUID::toString).toList())
        .doesNotContain(others.toString());
    for (var search : List.of("MAIL", "0.2.7")) {
      assertThat(token.get("/api/v1/servers?search=" + search).body()).contains(servers.getFirst().toString())
          .doesNotContain(servers.getLast().toString());
    }
    assertThat(token.get("/api/v1/servers?status=UNREACHABLE").body()).doesNotContain("web-1", "Mail-1");
    assertThat(token.get("/api/v1/servers?before=" + others).body()).as("another's is no place in this list")
        .doesNotContain("web-1", "Mail-1");
    var page = Browser.of(operator, port);
    assertThat(page.get("/servers?q=no-such-server&status=READY").body()).contains("No server matches");
    assertThat(page.get("/servers?q=" + "%27%22%3Cb%3E").status()).isEqualTo(200);
    assertThat(page.get("/servers?status=NO").status()).isEqualTo(400);
  }

  private static void rename(UUID server, String name, String host) {
    RealServices.asAdministrator("update vps_server set name = '" + name + "', host = '" + host + "' where id = '"
        + server + "'");
  }

  /** All pages of the fleet. */
  private static String fleet(ApiClient token, String first) {
    var all = new StringBuilder();
    var next = first;
    for (int page = 0; !next.isEmpty(); page++) {
      assertThat(page).as("the pages end").isLessThan(1_000);
      var answer = token.get(next);
      all.append(answer.body());
      next = answer.text("/next");
    }
    return all.toString();
  }

  private static int status(Route route, UUID id, ApiClient token, Browser browser) {
    return route.api() ? token.get(route.with(id)).status() : browser.get(route.with(id)).status();
  }
}
