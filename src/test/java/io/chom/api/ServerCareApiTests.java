package io.chom.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.accounts.Access;
import io.chom.accounts.Tokens;
import io.chom.tenancy.TenantId;
import io.chom.testing.Browser;
import io.chom.testing.ChomTest;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;

/** Looking after servers through the API and the pages: what is accepted, and how what is not is told. */
@ChomTest
class ServerCareApiTests {
  private static final Tenants PLATFORM = new Tenants(TenantId.PLATFORM, "Platform", "platform");
  private final int port;
  private final Tenants acme = Tenants.acme();
  private final Tenants globex = Tenants.globex();
  private final Tenants.Person operator = Tenants.operator();
  private final UUID server = acme.sharedServer();
  @Autowired
  Access access;
  @Autowired
  Tokens tokens;
  private ApiClient api;

  ServerCareApiTests(@LocalServerPort int port) {
    this.port = port;
  }

  @BeforeEach
  void signIn() {
    api = ApiClient.of(port, PLATFORM, operator, access, tokens);
  }

  @Test
  void maintenanceBeginsIsShownAndEnds() {
    assertThat(send("maintenance", "{}").status()).isEqualTo(422);
    assertThat(send("maintenance", "{\"reason\":\"x\",\"until\":\"2001-01-01T00:00:00Z\"}").text("/code"))
        .isEqualTo("MAINTENANCE_UNTIL_PAST");
    assertThat(send("maintenance", "{\"reason\":\"x\",\"until\":\"soon\"}").status()).isEqualTo(400);
    assertThat(send("maintenance", "{\"reason\":\"new disk\"}").status()).isEqualTo(204);
    var seen = api.get("/api/v1/servers/" + server);
    assertThat(seen.text("/status")).isEqualTo("MAINTENANCE");
    assertThat(seen.text("/maintenance/reason")).isEqualTo("new disk");
    assertThat(Browser.of(operator, port).get("/servers/" + server).body()).contains("In maintenance: new disk",
        "Back to service");
    assertThat(api.send("DELETE", "/api/v1/servers/" + server + "/maintenance", "").status()).isEqualTo(204);
    assertThat(api.send("DELETE", "/api/v1/servers/" + server + "/maintenance", "").text("/code"))
        .isEqualTo("SERVER_NOT_IN_MAINTENANCE");
    assertThat(api.get("/api/v1/servers/" + server).text("/status")).isEqualTo("READY");
  }

  @Test
  void aServerWithSitesDoesNotLeaveAndTheyAreListed() {
    RealServices.asAdministrator("""
        insert into site (tenant_id, server_id, domain, type, uid, unix_user, status)
        select '%s', '%s', 'stays-' || n || '.example', 'static', n, 's' || n, 'ACTIVE'
        from (select nextval('site_uid_seq') as n) as x
        """.formatted(acme.id(), server));
    assertThat(send("decommission", "{\"name\":\"web\"}").text("/code")).isEqualTo("SERVER_NAME_DIFFERS");
    var refused = send("decommission", "{\"name\":\"web-1\",\"gone\":true}");
    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.text("/code")).isEqualTo("SERVER_HAS_SITES");
    assertThat(refused.text("/sites/0")).startsWith("stays-");

    var browser = Browser.of(operator, port);
    var page = browser.post("/servers/" + server + "/decommission", Map.of("typedName", "web-1", "gone", "true"));
    assertThat(page.status()).isEqualTo(422);
    assertThat(page.body()).contains("That is not possible now", "stays-");
  }

  @Test
  void aServerThatKeepsBackupsDoesNotLeaveAndTheyAreListed() {
    RealServices.asAdministrator("""
        insert into backup_target (tenant_id, name, kind, status, server_id, secrets_sealed)
        values ('%s', 'the depot', 'SERVER', 'READY', '%s', 'v1.x')
        """.formatted(acme.id(), server));
    var refused = send("decommission", "{\"name\":\"web-1\"}");
    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.text("/code")).isEqualTo("SERVER_HAS_DEPOTS");
    assertThat(refused.text("/depots/0")).isEqualTo("the depot (" + acme.name() + ")");
    var page = Browser.of(operator, port).post("/servers/" + server + "/decommission",
        Map.of("typedName", "web-1"));
    assertThat(page.status()).isEqualTo(422);
    assertThat(page.body()).contains("That is not possible now", "the depot (" + acme.name() + ")");
    RealServices
        .asAdministrator("update backup_target set status = 'REMOVED', secrets_sealed = null where server_id = '"
            + server + "'");
  }

  @Test
  void formsThatCannotBeDoneSayWhyOnThePage() {
    var browser = Browser.of(operator, port);
    var page = browser.post("/servers/" + server + "/maintenance", Map.of("reason", "disk", "until", "tomorrow"));
    assertThat(page.status()).isEqualTo(422);
    assertThat(page.body()).contains("Enter a date and a time");
    assertThat(browser.post("/servers/" + server + "/maintenance/end", Map.of()).status()).isEqualTo(422);
    assertThat(browser.post("/servers/" + server + "/maintenance", Map.of("reason", "disk")).status()).isEqualTo(302);
    assertThat(browser.post("/servers/" + server + "/maintenance/end", Map.of()).status()).isEqualTo(302);
  }

  @Test
  void anOperatorsTokenForATenantDoesNotFindThePlatformsServers() {
    for (var tenant : java.util.List.of(acme, globex)) {
      var token = ApiClient.of(port, tenant, operator, access, tokens);
      for (var what : Map.of("maintenance", "{\"reason\":\"x\"}", "decommission", "{\"name\":\"web-1\",\"gone\":true}",
          "rotate-key", "{}", "upgrade", "{}", "drift", "{}").entrySet()) {
        assertThat(token.post("/api/v1/servers/" + server + "/" + what.getKey(), what.getValue()).status())
            .as(what.getKey()).isEqualTo(404);
      }
      assertThat(token.get("/api/v1/servers/" + server + "/drift").status()).isEqualTo(404);
      assertThat(token.send("DELETE", "/api/v1/servers/" + server + "/maintenance", "").status()).isEqualTo(404);
    }
    assertThat(api.get("/api/v1/servers/" + server).text("/status")).isEqualTo("READY");
  }

  private ApiClient.Answer send(String what, String body) {
    return api.post("/api/v1/servers/" + server + "/" + what, body);
  }
}
