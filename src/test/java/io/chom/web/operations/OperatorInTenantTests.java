package io.chom.web.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.common.Uuid7;
import io.chom.live.LiveEvents;
import io.chom.operations.OperationId;
import io.chom.operations.Topics;
import io.chom.tenancy.TenantId;
import io.chom.testing.Browser;
import io.chom.testing.ChomTest;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;

/** An operator who works for a tenant follows what goes on in the fleet; nobody else does. */
@ChomTest
class OperatorInTenantTests {
  private static final Duration PATIENCE = Duration.ofSeconds(40);
  private final int port;
  private final Tenants acme = Tenants.acme();
  private final Tenants globex = Tenants.globex();
  @Autowired
  LiveEvents live;

  OperatorInTenantTests(@LocalServerPort int port) {
    this.port = port;
  }

  @Test
  void followsAnOperationOfTheFleetToItsEnd() throws Exception {
    var operation = running(TenantId.PLATFORM, "Installing the agent\n");
    var operator = operatorIn(acme);
    var page = operator.get("/operations/" + operation);
    assertThat(page.status()).isEqualTo(200);
    assertThat(page.body()).contains("Installing the agent", "sse-connect=\"/live?topics=fleet-operation:" + operation,
        "data-events=\"/api/v1/operations/" + operation + "/events\"");

    var session = operator.cookie("chom-session").orElseThrow().getValue();
    var begun = new CountDownLatch(2);
    var state = listen(operator, "/live?topics=fleet-operation:" + operation, "event:operation-" + operation, begun);
    var log = listen(operator, "/api/v1/operations/" + operation + "/events", "event:output", begun);
    assertThat(begun.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    finish(operation);

    assertThat(state.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).contains("tone-busy", "tone-ok", "event:closed");
    assertThat(log.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).contains("Installing the agent", "event:complete");
    assertThat(operator.get("/operations/" + operation).body()).doesNotContain("sse-connect", "data-events");
    operator.get("/api/v1/operations/" + operation + "/events");
    assertThat(operator.cookie("chom-session").orElseThrow().getValue())
        .as("the page's own calls of the API leave its session alone").isEqualTo(session);
  }

  @Test
  void tenantsSeeNothingOfTheFleetsOperations() {
    var operation = running(TenantId.PLATFORM, "Installing the agent\n");
    for (var owner : List.of(Browser.of(acme.owner(), port), Browser.of(globex.owner(), port))) {
      assertThat(owner.get("/operations/" + operation).status()).isEqualTo(404);
      var events = owner.get("/api/v1/operations/" + operation + "/events");
      assertThat(events.status()).isEqualTo(404);
      assertThat(events.body()).doesNotContain("Installing");
      assertThat(owner.get("/live?topics=fleet-operation:" + operation).body()).doesNotContain("event:");
    }
  }

  @Test
  void ofOtherTenantsAnOperatorSeesOnlyTheOneInHand() {
    var others = running(globex.id(), "Creating the site of globex\n");
    var operator = operatorIn(acme);
    assertThat(operator.get("/operations/" + others).status()).isEqualTo(404);
    assertThat(operator.get("/api/v1/operations/" + others + "/events").status()).isEqualTo(404);
    assertThat(operator.get("/live?topics=fleet-operation:" + others).body()).doesNotContain("event:");
    finish(others);
  }

  private Browser operatorIn(Tenants tenant) {
    var operator = Browser.of(Tenants.operator(), port);
    assertThat(operator.post("/tenant", Map.of("tenant", tenant.id().toString())).status()).isEqualTo(302);
    assertThat(operator.get("/").body()).contains(tenant.name());
    return operator;
  }

  /** All that a stream says until it ends; counts down when it says {@code first}. */
  private CompletableFuture<String> listen(Browser browser, String path, String first, CountDownLatch begun) {
    var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
        .header("Cookie", browser.cookieHeader()).build();
    return CompletableFuture.supplyAsync(() -> {
      try (var http = HttpClient.newHttpClient();
          var lines = http.send(request, BodyHandlers.ofLines()).body()) {
        var heard = new StringBuilder();
        lines.forEach(line -> {
          if (line.contains(first) && !heard.toString().contains(first)) {
            begun.countDown();
          }
          heard.append(line).append('\n');
        });
        return heard.toString();
      } catch (java.io.IOException | InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }, Thread::startVirtualThread);
  }

  /** An operation that some node is at work on. */
  private static OperationId running(TenantId tenant, String log) {
    var id = Uuid7.next();
    RealServices.asAdministrator("""
        insert into operation (id, tenant_id, type, subject_kind, subject_id, subject_label, status, lease_owner,
                               lease_expires_at, log_length, requested_label, started_at)
        values ('%1$s', '%2$s', 'server.enrol', 'server', '%3$s', 'web-1', 'RUNNING', 'other-node',
                now() + interval '1 hour', %4$d, 'test', now());
        insert into operation_log_chunk (tenant_id, operation_id, from_offset, length, data)
        values ('%2$s', '%1$s', 0, %4$d, '%5$s')
        """.formatted(id, tenant, Uuid7.next(), log.length(), log));
    return new OperationId(id);
  }

  private void finish(OperationId operation) {
    RealServices.asAdministrator(
        "update operation set status = 'SUCCEEDED', progress = 100, finished_at = now() where id = '" + operation
            + "'");
    live.changed(TenantId.PLATFORM, Topics.operation(operation));
  }
}
