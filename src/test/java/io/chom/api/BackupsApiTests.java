package io.chom.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.accounts.Access;
import io.chom.accounts.Tokens;
import io.chom.api.ApiClient.Answer;
import io.chom.common.Uuid7;
import io.chom.testing.Browser;
import io.chom.testing.ChomTest;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;

/** Backups as programs and browsers without script ask for them; two customers, and each role. */
@ChomTest
class BackupsApiTests {
  private final int port;
  private final Access access;
  private final Tokens tokens;
  private final Tenants acme = Tenants.acme();
  private final Tenants globex = Tenants.globex();
  private final Tenants.Person owner = acme.owner();
  private final ApiClient asAcme;
  private final ApiClient asGlobex;
  private final String domain = "b" + Uuid7.next().toString().replace("-", "") + ".example.org";
  private final String site;

  BackupsApiTests(@LocalServerPort int port, @Autowired Access access, @Autowired Tokens tokens) {
    this.port = port;
    this.access = access;
    this.tokens = tokens;
    var server = acme.sharedServer();
    // what is promised here stays promised
    RealServices.asAdministrator("insert into queue_pause (scope, paused_by) values ('server:" + server + "', 'test')");
    globex.sharedServer();
    asAcme = ApiClient.of(port, acme, owner, access, tokens);
    asGlobex = ApiClient.of(port, globex, globex.owner(), access, tokens);
    site = asAcme.post("/api/v1/sites",
        "{\"domain\":\"%s\",\"type\":\"php\",\"serverId\":\"%s\"}".formatted(domain, server)).text("/id");
    ready();
  }

  /** As if its server had done the last change of the site. */
  private void ready() {
    RealServices.asAdministrator("update operation set status = 'SUCCEEDED', finished_at = now() where subject_id = '"
        + site + "' and finished_at is null; update site set status = 'ACTIVE' where id = '" + site + "'");
  }

  private String path() {
    return "/api/v1/sites/" + site + "/backups";
  }

  private String page() {
    return "/sites/" + site + "/backups";
  }

  private static String of(String type) {
    return "{\"type\":\"%s\"}".formatted(type);
  }

  /** As if its server had done it. */
  private static void taken(String id) {
    RealServices.asAdministrator("update site_backup set status = 'COMPLETED', activity = null, finished_at = now(),"
        + " files = 3, size_bytes = 2048, databases = '[\"shop\"]', snapshot = '" + "a".repeat(64) + "', manifest = '"
        + "b".repeat(64) + "' where id = '" + id + "'");
  }

  private String backup(String type) {
    var id = asAcme.post(path(), of(type)).text("/id");
    taken(id);
    return id;
  }

  private static void refused(Answer answer, int status, String code) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
    assertThat(answer.text("/code")).isEqualTo(code);
    assertThat(answer.text("/detail")).hasSizeGreaterThan(10).doesNotContain("Exception", "io.chom");
  }

  @Test
  void aBackupIsPromisedWithItsOperationAndTheSameKeyTakesOne() {
    var key = Uuid7.next().toString();
    var promised = asAcme.post(path(), of("full"), "Idempotency-Key", key);
    assertThat(promised.status()).as(promised.body()).isEqualTo(202);
    assertThat(promised.text("/operation/type")).isEqualTo("backup.create");
    assertThat(asAcme.post(path(), of("full"), "Idempotency-Key", key).text("/id")).isEqualTo(promised.text("/id"));
    refused(asAcme.post(path(), of("full")), 409, "BACKUP_RUNNING");
    var list = asAcme.get(path());
    assertThat(list.text("/items/0/status")).isEqualTo("RUNNING");
    assertThat(list.text("/items/0/type")).isEqualTo("full");
    assertThat(list.body()).doesNotContain("sealed", "key");
    taken(promised.text("/id"));
    var one = asAcme.get(path() + "/" + promised.text("/id"));
    assertThat(one.text("/backup/proof")).isEqualTo("UNPROVEN");
    assertThat(one.json().path("lastProof").isNull()).isTrue();
  }

  @Test
  void badRequestsAreToldWhatIsWrong() {
    var id = backup("files");
    refused(asAcme.post(path(), of("everything")), 422, "UNKNOWN_TYPE");
    assertThat(asAcme.post(path(), of("everything")).text("/errors/type")).isNotEmpty();
    refused(asAcme.post(path(), "{}"), 422, "INVALID_REQUEST");
    refused(asAcme.post(path(), "{\"type\":\"full\",\"key\":\"x\"}"), 400, "UNKNOWN_FIELD");
    refused(asAcme.post(path() + "/" + id + "/restore", "{}"), 422, "INVALID_REQUEST");
    refused(asAcme.post(path() + "/" + id + "/restore", "{\"what\":\"full\"}"), 422, "NOT_IN_BACKUP");
    refused(asAcme.post(path() + "/" + id + "/restore", "{\"what\":\"files\",\"database\":\"shop\"}"), 422,
        "NOT_IN_BACKUP");
    assertThat(asAcme.get(path() + "?status=DONE").status()).isEqualTo(400);
    assertThat(asAcme.get(path() + "?proof=GOOD").status()).isEqualTo(400);
    refused(asAcme.get(path() + "?type=half"), 422, "UNKNOWN_TYPE");
    refused(asAcme.post(path() + "/undo-restore", ""), 409, "NOTHING_TO_UNDO");
    refused(asAcme.post(path() + "/" + Uuid7.next() + "/verify", ""), 404, "BACKUP_NOT_FOUND");
  }

  @Test
  void whatIsDoneWithABackupIsPromisedOnceAndToldInTheList() {
    var id = backup("full");
    var proof = asAcme.post(path() + "/" + id + "/verify", "");
    assertThat(proof.status()).as(proof.body()).isEqualTo(202);
    assertThat(proof.text("/operation/type")).isEqualTo("backup.verify");
    refused(asAcme.post(path() + "/" + id + "/verify", ""), 409, "BACKUP_NOT_READY");
    assertThat(asAcme.get("/api/v1/backups?site=" + site).text("/items/0/activity")).isEqualTo("PROVING");
    taken(id);
    var restore = asAcme.post(path() + "/" + id + "/restore", "{\"what\":\"database\",\"database\":\"shop\"}");
    assertThat(restore.status()).as(restore.body()).isEqualTo(202);
    assertThat(asAcme.get("/api/v1/sites/" + site).text("/status")).isEqualTo("RESTORING");
    refused(asAcme.post(path() + "/" + id + "/restore", "{\"what\":\"full\"}"), 409, "SITE_NOT_READY");
    taken(id);
    ready();
    var removal = asAcme.send("DELETE", path() + "/" + id, "");
    assertThat(removal.status()).as(removal.body()).isEqualTo(202);
    refused(asAcme.send("DELETE", path() + "/" + id, ""), 409, "BACKUP_NOT_READY");
    RealServices.asAdministrator("update site_backup set status = 'EXPIRED', activity = null where id = '" + id + "'");
    assertThat(asAcme.get(path()).json().path("items").size()).isZero();
    assertThat(asAcme.get(path() + "?status=EXPIRED").text("/items/0/id")).isEqualTo(id);
  }

  @Test
  void sixteenBackupsAreTwoPages() {
    for (int i = 0; i < 16; i++) {
      backup(i % 2 == 0 ? "full" : "files");
    }
    for (var list : List.of(path(), "/api/v1/backups")) {
      var first = asAcme.get(list);
      assertThat(first.json().path("items").size()).isEqualTo(15);
      var second = asAcme.get(first.text("/next"));
      assertThat(second.json().path("items").size()).isEqualTo(1);
      assertThat(second.json().path("next").isNull()).isTrue();
    }
    assertThat(asAcme.get(path() + "?type=files").json().path("items").size()).isEqualTo(8);
    var browser = Browser.of(owner, port);
    var first = browser.get("/backups").body();
    assertThat(first.split("<th scope=\"row\"", -1)).hasSize(1 + 15);
    assertThat(first).contains("<title>Backups · CHOM</title>", "/backups?before=");
    assertThat(browser.get("/backups?type=FILES").body().split("<th scope=\"row\"", -1)).hasSize(1 + 8);
    // a filter begins at the start again: its form knows of no page
    var form = first.substring(first.indexOf("class=\"filters\""),
        first.indexOf("</form>", first.indexOf("class=\"filters\"")));
    assertThat(form).contains("name=\"site\"", "name=\"type\"", "name=\"proof\"").doesNotContain("before");
  }

  @Test
  void anotherTenantFindsNothingByApiOrPage() {
    var id = backup("full");
    var one = path() + "/" + id;
    for (var answer : List.of(asGlobex.get(path()), asGlobex.get(one), asGlobex.post(path(), of("full")),
        asGlobex.post(one + "/verify", ""), asGlobex.post(one + "/restore", "{\"what\":\"full\"}"),
        asGlobex.post(path() + "/undo-restore", ""), asGlobex.send("DELETE", one, ""))) {
      assertThat(answer.status()).as(answer.body()).isEqualTo(404);
    }
    assertThat(asGlobex.get("/api/v1/backups").json().path("items").size()).isZero();
    assertThat(asGlobex.get("/api/v1/backups?site=" + site).json().path("items").size()).isZero();
    assertThat(asGlobex.get("/api/v1/backups?before=" + id).json().path("items").size()).isZero();
    var stranger = Browser.of(globex.admin(), port);
    for (var address : List.of("", "/" + id + "/restore", "/" + id + "/remove")) {
      assertThat(stranger.get(page() + address).status()).as(address).isEqualTo(404);
    }
    for (var address : List.of("", "/" + id + "/verify", "/" + id + "/restore", "/" + id + "/remove",
        "/undo-restore")) {
      assertThat(stranger.post(page() + address, Map.of("typedName", domain, "what", "full")).status()).as(address)
          .isEqualTo(404);
    }
    assertThat(stranger.get("/backups?site=" + site).body()).doesNotContain(domain);
    assertThat(asAcme.get(one).json().path("backup").path("activity").isNull()).isTrue();
  }

  @Test
  void eachRoleMayWhatTheTableSays() {
    var id = backup("full");
    var one = path() + "/" + id;
    for (var person : List.of(acme.viewer(), acme.member("MEMBER"), acme.admin())) {
      boolean member = person.email().startsWith("member");
      boolean admin = person.email().startsWith("admin");
      var client = ApiClient.of(port, acme, person, access, tokens);
      assertThat(client.get(path()).status()).as(person.email()).isEqualTo(200);
      assertThat(client.get(one).status()).isEqualTo(200);
      assertThat(client.post(one + "/verify", "").status()).isEqualTo(member || admin ? 202 : 403);
      taken(id);
      assertThat(client.post(path(), of("files")).status()).isEqualTo(member || admin ? 202 : 403);
      RealServices.asAdministrator("update site_backup set status = 'FAILED' where status = 'RUNNING' and site_id = '"
          + site + "'");
      assertThat(client.post(one + "/restore", "{\"what\":\"full\"}").status()).isEqualTo(admin ? 202 : 403);
      taken(id);
      ready();
      assertThat(client.post(path() + "/undo-restore", "").status()).isEqualTo(admin ? 409 : 403);
      assertThat(client.send("DELETE", one, "").status()).isEqualTo(admin ? 202 : 403);
      taken(id);
      var browser = Browser.of(person, port);
      var body = browser.get("/sites/" + site).body();
      assertThat(body.contains("Back up now")).as(person.email()).isEqualTo(member || admin);
      assertThat(body.contains("/verify")).isEqualTo(member || admin);
      assertThat(body.contains(id + "/restore")).isEqualTo(admin);
      assertThat(body.contains(id + "/remove")).isEqualTo(admin);
      assertThat(browser.get(page() + "/" + id + "/restore").status()).isEqualTo(admin ? 200 : 403);
    }
  }

  @Test
  void theSitesPageTakesProvesRestoresAndRemovesWithoutScript() {
    var browser = Browser.of(owner, port);
    var sitePage = "/sites/" + site;
    assertThat(browser.get(sitePage).body()).contains("No backups yet", "Back up now");
    for (int i = 0; i < 2; i++) {
      assertThat(browser.post(page(), Map.of("type", "full", "requestKey", "k-" + site)).status()).isEqualTo(302);
    }
    assertThat(browser.get(sitePage).body()).contains("Being taken").doesNotContain("Back up now");
    var again = browser.post(page(), Map.of("type", "full"));
    assertThat(again.status()).isEqualTo(422);
    assertThat(again.body()).contains("<html", "A backup of this site is being taken");
    var part = Browser.of(owner, port).with("HX-Request", "true").post(page(), Map.of("type", "full"));
    assertThat(part.body().strip()).startsWith("<section").endsWith("</section>").contains("is being taken");
    var id = asAcme.get(path()).text("/items/0/id");
    taken(id);
    assertThat(browser.get(sitePage).body()).contains("Completed", "Unproven", "2 kB in 3 files, 1 database");
    assertThat(browser.post(page() + "/" + id + "/verify", Map.of()).status()).isEqualTo(302);
    assertThat(browser.get(sitePage).body()).contains("Being proven");
    taken(id);

    var restore = browser.get(page() + "/" + id + "/restore");
    assertThat(restore.body()).contains("Files and databases", "Database shop", "Nobody has looked at this backup yet");
    // its server is not there: the page says so, and the restore would wait for it
    assertThat(browser.get(page() + "/" + id + "/restore?what=files&plan=true").body())
        .contains("does not answer at the moment");
    var typo = browser.post(page() + "/" + id + "/restore", Map.of("what", "full", "typedName", "other.example"));
    assertThat(typo.status()).isEqualTo(422);
    assertThat(typo.body()).contains("This is not the domain of the site");
    assertThat(browser.post(page() + "/" + id + "/restore", Map.of("what", "x", "typedName", domain)).status())
        .isEqualTo(422);
    assertThat(asAcme.get(sitePage.replace("/sites", "/api/v1/sites")).text("/status")).isEqualTo("ACTIVE");
    assertThat(browser.post(page() + "/" + id + "/restore", Map.of("what", "database:shop", "typedName", domain))
        .status()).isEqualTo(302);
    assertThat(browser.get(sitePage).body()).contains("Being restored");
    taken(id);
    ready();
    RealServices.asAdministrator("update site_restore set status = 'DONE', previous = 'p', until = now() + interval"
        + " '7 days' where site_id = '" + site + "'");
    assertThat(browser.get(sitePage).body()).contains("Undo restore", page() + "/undo-restore");
    assertThat(browser.post(page() + "/undo-restore", Map.of()).status()).isEqualTo(302);
    assertThat(asAcme.get(sitePage.replace("/sites", "/api/v1/sites")).text("/status")).isEqualTo("RESTORING");
    ready();

    assertThat(browser.get(page() + "/" + id + "/remove").body()).contains("Remove a backup of " + domain,
        "It cannot be brought back");
    assertThat(browser.post(page() + "/" + id + "/remove", Map.of("typedName", "x")).status()).isEqualTo(422);
    assertThat(browser.post(page() + "/" + id + "/remove", Map.of("typedName", domain)).status()).isEqualTo(302);
    assertThat(browser.get(sitePage).body()).contains("Being removed");
  }

  @Test
  void theListIsEmptyTellsFailuresAndKeepsTheBackupsOfDeletedSites() {
    var browser = Browser.of(owner, port);
    assertThat(browser.get("/backups").body()).contains("<title>Backups · CHOM</title>", "No backups yet");
    var failed = asAcme.post(path(), of("full")).text("/id");
    RealServices.asAdministrator("update site_backup set status = 'FAILED', failure = 'No room on the <disk>',"
        + " finished_at = now() where id = '" + failed + "'");
    assertThat(browser.get("/backups").body()).contains("Failed", "No room on the &lt;disk&gt;");
    var id = backup("full");
    assertThat(browser.get("/backups?proof=BROKEN").body()).contains("No backup matches");
    RealServices.asAdministrator("update site set status = 'DELETED', deleted_at = now() where id = '" + site + "'");
    assertThat(browser.get("/backups").body()).contains("The site was deleted", page() + "/" + id + "/remove");
    assertThat(browser.post(page() + "/" + id + "/remove", Map.of("typedName", domain)).location())
        .isEqualTo("/backups");
    refused(asAcme.post(path() + "/" + id + "/verify", ""), 409, "SITE_GONE");
    assertThat(browser.post(page() + "/" + failed + "/remove", Map.of("typedName", domain)).location())
        .isEqualTo("/backups");
    assertThat(asAcme.get(path() + "?status=EXPIRED").text("/items/0/id")).isEqualTo(failed);
  }

  @Test
  void somebodyWithoutATenantSeesNoListAndAnOperatorThatOfThePlatform() {
    var nobody = acme.viewer();
    acme.expel(nobody);
    assertThat(Browser.of(nobody, port).get("/backups").status()).isEqualTo(403);
    var operator = Browser.of(Tenants.operator(), port);
    assertThat(operator.get("/backups").body()).contains("<title>Backups · CHOM</title>");
  }
}
