package io.chom.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.accounts.Access;
import io.chom.accounts.Tokens;
import io.chom.api.ApiClient.Answer;
import io.chom.common.Uuid7;
import io.chom.secrets.SecretBox;
import io.chom.ssh.SshKeys;
import io.chom.testing.Browser;
import io.chom.testing.ChomTest;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;

/** A site's certificate, the plan of a change and the way back from one, as two customers ask for them over HTTP. */
@ChomTest
class SiteRoutesTests {
  private final int port;
  private final SecretBox secrets;
  private final Tenants acme = Tenants.acme();
  private final Tenants globex = Tenants.globex();
  private final Tenants.Person owner = acme.owner();
  private final UUID server = acme.sharedServer();
  private final ApiClient asAcme;
  private final ApiClient asGlobex;

  SiteRoutesTests(@LocalServerPort int port, @Autowired Access access, @Autowired Tokens tokens,
      @Autowired SecretBox secrets) {
    this.port = port;
    this.secrets = secrets;
    // what is promised here stays promised
    RealServices.asAdministrator("insert into queue_pause (scope, paused_by) values ('server:" + server + "', 'test')");
    globex.sharedServer();
    asAcme = ApiClient.of(port, acme, owner, access, tokens);
    asGlobex = ApiClient.of(port, globex, globex.owner(), access, tokens);
  }

  private String active() {
    var site = asAcme.post("/api/v1/sites", "{\"domain\":\"s%s.example.org\",\"type\":\"static\",\"serverId\":\"%s\"}"
        .formatted(Uuid7.next().toString().replace("-", ""), server)).text("/id");
    done(site, "ACTIVE");
    return site;
  }

  /** As if its server had done the last change. */
  private static void done(String site, String status) {
    RealServices.asAdministrator("update operation set status = 'SUCCEEDED', finished_at = now() where subject_id = '"
        + site + "' and finished_at is null; update site set status = '" + status + "' where id = '" + site + "'");
  }

  /** A deleted site, which its server retains; and the operation that did it. */
  private Answer deleted(String site) {
    var deletion = asAcme.send("DELETE", path(site), "");
    assertThat(deletion.status()).as(deletion.body()).isEqualTo(202);
    done(site, "DELETED");
    RealServices.asAdministrator("update site set deleted_at = now(), retained_until = now() + interval '7 days'"
        + " where id = '" + site + "'");
    return deletion;
  }

  private static String path(String site) {
    return "/api/v1/sites/" + site;
  }

  private static void refused(Answer answer, int status, String code) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
    assertThat(answer.text("/code")).isEqualTo(code);
    assertThat(answer.text("/detail")).hasSizeGreaterThan(10).doesNotContain("Exception", "io.chom");
  }

  private static List<Answer> together(Callable<Answer> ask) throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var answers = new ArrayList<Answer>();
      for (var answer : threads.invokeAll(Stream.generate(() -> ask).limit(4).toList())) {
        answers.add(answer.get());
      }
      return answers;
    }
  }

  private static void oneWasPromised(List<Answer> answers) {
    assertThat(answers).extracting(Answer::status).containsExactlyInAnyOrder(202, 409, 409, 409);
  }

  @Test
  void aCertificateIsPromisedOnceHoweverManyAsk() throws Exception {
    var site = active();
    var none = asAcme.get(path(site) + "/certificates");
    assertThat(none.status()).isEqualTo(200);
    assertThat(none.json().path("items").size()).isZero();
    assertThat(none.text("/proof/textValue")).isEqualTo("chom-site=" + site);
    RealServices.asAdministrator("insert into certificate (tenant_id, site_id, status, issuer, serial, not_before,"
        + " not_after, renew_at) values ('" + acme.id() + "', '" + site + "', 'ACTIVE', 'CN=Test', '0a', now(), now()"
        + " + interval '90 days', now() + interval '60 days')");
    oneWasPromised(together(() -> asAcme.post(path(site) + "/certificates", "")));
    refused(asAcme.post(path(site) + "/certificates", ""), 409, "CERTIFICATE_ON_ITS_WAY");
    assertThat(asAcme.get(path(site) + "/certificates").text("/items/0/status")).isEqualTo("RENEWING");
  }

  @Test
  void anotherTenantFindsNoCertificateAndChangesNoneByApiOrPage() {
    var site = active();
    refused(asGlobex.get(path(site) + "/certificates"), 404, "SITE_NOT_FOUND");
    refused(asGlobex.post(path(site) + "/certificates", ""), 404, "SITE_NOT_FOUND");
    var stranger = Browser.of(globex.admin(), port);
    assertThat(stranger.get("/sites/" + site).status()).isEqualTo(404);
    assertThat(stranger.post("/sites/" + site + "/certificate", Map.of()).status()).isEqualTo(404);
    assertThat(asAcme.get(path(site) + "/certificates").json().path("items").size()).isZero();
    assertThat(asAcme.get("/api/v1/operations?subject=" + site).json().path("items").size()).as("its creation alone")
        .isEqualTo(1);
    assertThat(Browser.of(owner, port).get("/sites/" + site).body()).contains("/sites/" + site + "/certificate");
  }

  @Test
  void aDeletedSiteIsListedForItsTenantAndBroughtBackOnce() throws Exception {
    var site = active();
    deleted(site);
    assertThat(asAcme.get("/api/v1/sites/deleted").body()).contains(site);
    assertThat(asGlobex.get("/api/v1/sites/deleted").body()).doesNotContain(site);
    refused(asGlobex.post(path(site) + "/undo-deletion", ""), 404, "SITE_NOT_FOUND");
    assertThat(asAcme.get("/api/v1/sites/deleted").body()).as("untouched").contains(site);
    oneWasPromised(together(() -> asAcme.post(path(site) + "/undo-deletion", "")));
    assertThat(asAcme.get(path(site)).text("/status")).isEqualTo("RESTORING");
    assertThat(asAcme.get("/api/v1/sites/deleted").body()).doesNotContain(site);
  }

  @Test
  void anOperationIsUndoneOnceAndByItsTenantAlone() throws Exception {
    var site = active();
    var closing = asAcme.post(path(site) + "/disable", "").text("/operation/id");
    var undo = "/api/v1/operations/" + closing + "/undo";
    refused(asAcme.post(undo, ""), 409, "CHANGED_SINCE");
    done(site, "DISABLED");
    refused(asGlobex.post(undo, ""), 404, "OPERATION_NOT_FOUND");
    assertThat(asAcme.get(path(site)).text("/status")).as("untouched").isEqualTo("DISABLED");
    var answers = together(() -> asAcme.post(undo, ""));
    oneWasPromised(answers);
    assertThat(answers).filteredOn(one -> one.status() == 202).singleElement()
        .extracting(one -> one.text("/operation/type")).isEqualTo("site.enable");
    done(site, "ACTIVE");
    var deletion = deleted(site).text("/operation/id");
    oneWasPromised(together(() -> asAcme.post("/api/v1/operations/" + deletion + "/undo", "")));
    assertThat(asAcme.get(path(site)).text("/status")).isEqualTo("RESTORING");
  }

  @Test
  void aPlanOfASilentServerIsRefusedInTimeWithASentence() throws Exception {
    var site = active();
    var plan = path(site) + "/plan?change=DELETE";
    try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      // it takes the connection, and never says a word
      var key = secrets.seal(SshKeys.generate().privateKey(), "server:" + server + ":key");
      RealServices.asAdministrator("update vps_server set private_key_sealed = '" + key + "', port = "
          + silent.getLocalPort() + " where id = '" + server + "'");
      long begun = System.nanoTime();
      var answer = asAcme.get(plan);
      assertThat(answer.status()).as(answer.body()).isEqualTo(502);
      assertThat(answer.text("/code")).startsWith("SERVER_NOT_REACHED_");
      assertThat(answer.text("/detail")).isEqualTo("web-1 did not answer within 3 seconds.");
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(15));
      refused(asGlobex.get(plan), 404, "SITE_NOT_FOUND");
    }
    assertThat(asAcme.get(path(site)).text("/status")).as("a question changes nothing").isEqualTo("ACTIVE");
  }

  @Test
  void whatIsNoChangeOrNoIdIsABadRequest() {
    var site = active();
    for (var query : List.of("/plan", "/plan?change=", "/plan?change=EXPLODE")) {
      assertThat(asAcme.get(path(site) + query).status()).as(query).isEqualTo(400);
    }
    for (var bad : List.of("/api/v1/sites/x/undo-deletion", "/api/v1/operations/x/undo",
        "/api/v1/sites/x/certificates")) {
      refused(asAcme.post(bad, ""), 400, "BAD_REQUEST");
    }
  }

  @Test
  void aServerThatIsNotReadyIsNamedAndOneThatIsNotTheTenantsIsNotFound() {
    RealServices.asAdministrator("update vps_server set status = 'UNREACHABLE' where id = '" + server + "'");
    var wanted = "{\"domain\":\"s%s.example.org\",\"type\":\"static\",\"serverId\":\"%s\"}";
    var asked = wanted.formatted(Uuid7.next().toString().replace("-", ""), server);
    var answer = asAcme.post("/api/v1/sites", asked);
    refused(answer, 503, "SERVER_NOT_READY");
    assertThat(answer.text("/errors/serverId")).contains("try again once it answers");
    refused(asGlobex.post("/api/v1/sites", asked), 404, "SERVER_NOT_FOUND");
    assertThat(asAcme.get("/api/v1/sites").json().path("items").size()).as("nothing is promised").isZero();
  }
}
