package io.chom.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.accounts.Access;
import io.chom.accounts.Tokens;
import io.chom.audit.Audit;
import io.chom.audit.AuditEvent;
import io.chom.common.Uuid7;
import io.chom.ssh.Eventually;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import io.chom.testing.Browser;
import io.chom.testing.ChomTest;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Operators look at everybody's queue and steer it; nobody else learns that there is one. */
@ChomTest
class QueueApiTests {
  private final int port;
  private final Audit audit;
  private final JdbcClient jdbc;
  private final Tenants acme = Tenants.acme();
  private final Tenants globex = Tenants.globex();
  private final Tenants.Person person = Tenants.operator();
  private final ApiClient operator;
  private final ApiClient owner;

  QueueApiTests(@LocalServerPort int port, @Autowired Access access, @Autowired Tokens tokens, @Autowired Audit audit,
      @Autowired JdbcClient jdbc) {
    this.port = port;
    this.audit = audit;
    this.jdbc = jdbc;
    var platform = new Tenants(TenantId.PLATFORM, "Platform", "platform");
    operator = ApiClient.of(port, platform, person, access, tokens);
    owner = ApiClient.of(port, acme, acme.owner(), access, tokens);
  }

  /** The list of the queue has an end; what other tests left waiting is before what is made here. */
  @BeforeEach
  void nothingElseWaits() {
    RealServices
        .asAdministrator("update operation set status = 'CANCELLED', finished_at = now() where status = 'QUEUED'");
  }

  @AfterEach
  void nothingStaysPaused() {
    RealServices.asAdministrator("delete from queue_pause");
  }

  private static String waiting(Tenants tenant, String label) {
    var id = Uuid7.next();
    RealServices.asAdministrator("insert into operation (id, tenant_id, type, subject_kind, subject_id, subject_label,"
        + " requested_label, next_try_at) values ('" + id + "', '" + tenant.id() + "', 'test.nothing', 'site', '"
        + Uuid7.next() + "', '" + label + "', 'test', now() + interval '1 hour')");
    return id.toString();
  }

  private List<String> audited() {
    return TenantContext.callAs(TenantId.PLATFORM, () -> audit.page(null, 20)).stream().map(AuditEvent::action)
        .toList();
  }

  @Test
  void anOperatorSeesEverybodysQueueByNameAndATenantsOwnerNothing() {
    var mine = waiting(acme, "shop.acme.example");
    var theirs = waiting(globex, "shop.globex.example");
    var queue = operator.get("/api/v1/queue");
    assertThat(queue.status()).as(queue.body()).isEqualTo(200);
    assertThat(queue.body()).contains(mine, theirs, "shop.acme.example", "shop.globex.example", "Acme", "Globex");
    assertThat(queue.json().at("/all/waiting").asLong()).isGreaterThanOrEqualTo(2);
    assertThat(queue.json().at("/unheardBells").isNumber()).as("Redis is there").isTrue();
    assertThat(owner.get("/api/v1/queue").status()).isEqualTo(403);
    assertThat(owner.post("/api/v1/queue/pause", "{\"scope\":\"all\"}").status()).isEqualTo(403);
    assertThat(Browser.of(acme.owner(), port).get("/queue").status()).isEqualTo(403);
  }

  @Test
  void theDatabaseAsksWhoIsAskingToo() {
    var stranger = acme.owner();
    waiting(globex, "shop.globex.example");
    assertThat(jdbc.sql("select count(*) from queue_for_operator(:person)").param("person", stranger.id().value())
        .query(Long.class).single()).isZero();
    assertThat(jdbc.sql("select count(*) from queue_for_operator(:person)").param("person", person.id().value())
        .query(Long.class).single()).isPositive();
  }

  @Test
  void whatIsPausedWaitsAndIsToldSoUntilItIsResumed() {
    var scope = "server:" + acme.sharedServer();
    var body = "{\"scope\":\"" + scope + "\",\"reason\":\"new disks\"}";
    assertThat(operator.post("/api/v1/queue/pause", body).status()).isEqualTo(204);
    assertThat(operator.post("/api/v1/queue/pause", body).status()).as("once more").isEqualTo(204);
    var domain = "s" + Uuid7.next().toString().replace("-", "") + ".example.org";
    var promised = owner.post("/api/v1/sites", "{\"domain\":\"%s\",\"type\":\"static\",\"serverId\":\"%s\"}"
        .formatted(domain, scope.substring(7)));
    assertThat(promised.status()).as(promised.body()).isEqualTo(202);
    var operation = "/api/v1/operations/" + promised.text("/operation/id");
    assertThat(owner.get(operation).text("/waitsFor")).isEqualTo("PAUSED");
    assertThat(owner.get(operation).text("/status")).isEqualTo("QUEUED");
    assertThat(operator.get("/api/v1/queue").body()).contains(scope, "new disks", person.email());
    assertThat(Browser.of(person, port).get("/servers").body()).as("on every page of an operator")
        .contains("class=\"banner").contains("/queue");
    assertThat(Browser.of(acme.owner(), port).get("/sites").body()).doesNotContain("class=\"banner");
    assertThat(audited()).filteredOn("queue.pause"::equals).hasSizeGreaterThanOrEqualTo(1);

    assertThat(operator.post("/api/v1/queue/resume", "{\"scope\":\"" + scope + "\"}").status()).isEqualTo(204);
    assertThat(operator.post("/api/v1/queue/resume", "{\"scope\":\"" + scope + "\"}").status()).isEqualTo(204);
    Eventually.that(() -> owner.get(operation).json().at("/attempt").asInt() > 0);
    assertThat(audited().getFirst()).isEqualTo("queue.resume");
  }

  @Test
  void whatCannotBePausedIsNamed() {
    assertThat(operator.post("/api/v1/queue/pause", "{\"scope\":\"everything\"}").text("/code"))
        .isEqualTo("QUEUE_SCOPE_UNKNOWN");
    assertThat(operator.post("/api/v1/queue/pause", "{\"scope\":\"server:" + Uuid7.next() + "\"}").text("/code"))
        .isEqualTo("QUEUE_SERVER_UNKNOWN");
    assertThat(operator.post("/api/v1/queue/nodes/" + Uuid7.next() + "/drain", "").status()).isEqualTo(404);
    assertThat(operator.post("/api/v1/queue/pause", "{}").status()).isEqualTo(422);
  }

  @Test
  void thePageShowsTheNodesAndPausesALane() {
    var browser = Browser.of(person, port);
    waiting(globex, "shop.globex.example");
    Eventually.that(() -> browser.get("/queue").body().contains("/drain"));
    var page = browser.get("/queue").body();
    assertThat(page).contains("shop.globex.example", "Globex", "development");
    assertThat(browser.post("/queue/pause", Map.of("scope", "lane:scheduled", "reason", "")).location())
        .isEqualTo("/queue");
    assertThat(browser.get("/queue").body()).contains("Paused: what clocks start").contains(person.email());
    assertThat(browser.post("/queue/pause", Map.of("scope", "x")).status()).isEqualTo(422);
    assertThat(browser.post("/queue/resume", Map.of("scope", "lane:scheduled")).status()).isEqualTo(302);
    assertThat(browser.get("/queue").body()).doesNotContain("Paused: what clocks start");
  }
}
