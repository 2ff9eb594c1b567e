package io.chom.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.accounts.Access;
import io.chom.accounts.Tokens;
import io.chom.common.Uuid7;
import io.chom.testing.Browser;
import io.chom.testing.ChomTest;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.util.HashSet;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;

/** A failed change is asked for again, by the API and on its page, by those who may change it. */
@ChomTest
class RetryApiTests {
  private final int port;
  private final Access access;
  private final Tokens tokens;
  private final Tenants acme = Tenants.acme();
  private final Tenants globex = Tenants.globex();

  RetryApiTests(@LocalServerPort int port, @Autowired Access access, @Autowired Tokens tokens) {
    this.port = port;
    this.access = access;
    this.tokens = tokens;
  }

  private ApiClient as(Tenants tenant, Tenants.Person person) {
    return ApiClient.of(port, tenant, person, access, tokens);
  }

  /** A site whose deletion failed, and that operation. Nobody carries out what is asked of its server. */
  private String failedDeletion() {
    var server = acme.server();
    var site = Uuid7.next();
    var operation = Uuid7.next();
    var domain = "d" + site.toString().replace("-", "") + ".example";
    RealServices.asAdministrator("insert into queue_pause (scope, paused_by) values ('server:" + server + "', 'test');"
        + " with number as (select nextval('site_uid_seq')::int as uid)"
        + " insert into site (id, tenant_id, server_id, domain, type, status, uid, unix_user) select '" + site + "', '"
        + acme.id() + "', '" + server + "', '" + domain + "', 'static', 'FAILED', uid, 's' || uid from number;"
        + " insert into operation (id, tenant_id, type, subject_kind, subject_id, subject_label, server_id, status,"
        + " error_code, error_message, payload, requested_label, started_at, finished_at) values ('" + operation
        + "', '" + acme.id() + "', 'site.delete', 'site', '" + site + "', '" + domain + "', '" + server
        + "', 'FAILED', 'DEPENDENCY_FAILED', 'userdel failed', '{\"purge\": true, \"was\": \"ACTIVE\"}', 'test', now(),"
        + " now())");
    return operation.toString();
  }

  @Test
  void whoMayDeleteASiteTriesAFailedDeletionAgain() {
    var failed = failedDeletion();
    var path = "/api/v1/operations/" + failed + "/retry";
    assertThat(as(acme, acme.viewer()).post(path, "").status()).isEqualTo(403);
    assertThat(as(acme, acme.member("MEMBER")).post(path, "").text("/code")).as("a member deletes nothing")
        .isEqualTo("FORBIDDEN");
    assertThat(as(globex, globex.owner()).post(path, "").status()).isEqualTo(404);
    var admin = as(acme, acme.admin());
    var again = admin.post(path, "");
    assertThat(again.status()).as(again.body()).isEqualTo(202);
    assertThat(again.text("/operation/repeats")).isEqualTo(failed);
    assertThat(again.text("/operation/type")).isEqualTo("site.delete");
    assertThat(admin.get("/api/v1/sites/" + again.text("/id")).text("/status")).isEqualTo("DELETING");
    assertThat(admin.post(path, "").text("/operation/id")).as("once more").isEqualTo(again.text("/operation/id"));
    var waiting = admin.get("/api/v1/operations/" + again.text("/operation/id"));
    assertThat(waiting.text("/waitsFor")).as("its server is paused").isEqualTo("PAUSED");
    assertThat(admin.post("/api/v1/operations/" + again.text("/operation/id") + "/retry", "").text("/code"))
        .isEqualTo("OPERATION_NOT_FAILED");
  }

  @Test
  void manyWhoAskAtOnceGetTheSameOperation() throws Exception {
    var path = "/api/v1/operations/" + failedDeletion() + "/retry";
    var admin = as(acme, acme.admin());
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var ids = new HashSet<String>();
      Callable<String> ask = () -> admin.post(path, "").text("/operation/id");
      for (var answer : threads.invokeAll(Stream.generate(() -> ask).limit(8).toList())) {
        ids.add(answer.get());
      }
      assertThat(ids).hasSize(1).allSatisfy(id -> assertThat(UUID.fromString(id)).isNotNull());
    }
  }

  @Test
  void theButtonLeadsToTheNewOperation() {
    var failed = failedDeletion();
    var admin = Browser.of(acme.admin(), port);
    assertThat(admin.get("/operations/" + failed).body()).contains("/operations/" + failed + "/retry");
    var member = Browser.of(acme.member("MEMBER"), port);
    assertThat(member.get("/operations/" + failed).body()).doesNotContain("/retry");
    assertThat(member.post("/operations/" + failed + "/retry", Map.of()).status()).isEqualTo(403);
    assertThat(Browser.of(globex.owner(), port).post("/operations/" + failed + "/retry", Map.of()).status())
        .isEqualTo(404);
    var there = admin.post("/operations/" + failed + "/retry", Map.of()).location();
    assertThat(there).startsWith("/operations/").doesNotContain(failed);
    assertThat(admin.post("/operations/" + failed + "/retry", Map.of()).location()).isEqualTo(there);
    assertThat(admin.get(there).body()).contains("/operations/" + failed).contains("Paused by an operator");
    assertThat(admin.get("/operations/" + failed).body()).contains(there).doesNotContain(failed + "/retry");
  }
}
