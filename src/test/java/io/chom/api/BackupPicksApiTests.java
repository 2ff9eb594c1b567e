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

/** Parts of backups and backups in other sites, as programs and browsers without script ask for them; two customers. */
@ChomTest
class BackupPicksApiTests {
  private final int port;
  private final Access access;
  private final Tokens tokens;
  private final Tenants acme = Tenants.acme();
  private final Tenants globex = Tenants.globex();
  private final ApiClient asAcme;
  private final ApiClient asGlobex;
  private final String server;
  private final String domain = "p" + Uuid7.next().toString().replace("-", "") + ".example.org";
  private final String site;
  private final String other;
  private final String backup;

  BackupPicksApiTests(@LocalServerPort int port, @Autowired Access access, @Autowired Tokens tokens) {
    this.port = port;
    this.access = access;
    this.tokens = tokens;
    server = acme.sharedServer().toString();
    // what is promised here stays promised
    RealServices.asAdministrator("insert into queue_pause (scope, paused_by) values ('server:" + server + "', 'test')");
    globex.sharedServer();
    asAcme = ApiClient.of(port, acme, acme.owner(), access, tokens);
    asGlobex = ApiClient.of(port, globex, globex.owner(), access, tokens);
    site = site(domain);
    other = site("o" + domain);
    settle();
    backup = asAcme.post("/api/v1/sites/" + site + "/backups", "{\"type\":\"full\"}").text("/id");
    RealServices.asAdministrator("update site_backup set status = 'COMPLETED', activity = null, finished_at = now(),"
        + " files = 3, size_bytes = 2048, databases = '[\"shop\"]', snapshot = '" + "a".repeat(64) + "', manifest = '"
        + "b".repeat(64) + "' where id = '" + backup + "'");
    settle();
  }

  private String site(String name) {
    var id = asAcme.post("/api/v1/sites",
        "{\"domain\":\"%s\",\"type\":\"php\",\"serverId\":\"%s\"}".formatted(name, server)).text("/id");
    assertThat(id).isNotEmpty();
    return id;
  }

  /** As if the server had done everything. */
  private void settle() {
    RealServices.asAdministrator("update operation set status = 'SUCCEEDED', finished_at = now() where tenant_id = '"
        + acme.id() + "' and finished_at is null; update site set status = 'ACTIVE' where tenant_id = '" + acme.id()
        + "'; update site_backup set activity = null where tenant_id = '" + acme.id() + "'; update site_database"
        + " set status = 'ACTIVE' where tenant_id = '" + acme.id() + "'");
  }

  private String one() {
    return "/api/v1/sites/" + site + "/backups/" + backup;
  }

  private String page() {
    return "/sites/" + site + "/backups/" + backup;
  }

  private static void refused(Answer answer, int status, String code) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
    assertThat(answer.text("/code")).isEqualTo(code);
    assertThat(answer.text("/detail")).hasSizeGreaterThan(10).doesNotContain("Exception", "io.chom");
  }

  @Test
  void partsAndPlacesAreAskedForInOneRequestAndTheSameKeyAsksOnce() {
    var key = Uuid7.next().toString();
    var wanted = "{\"what\":\"full\",\"to\":\"" + other + "\"}";
    var promised = asAcme.post(one() + "/restore", wanted, "Idempotency-Key", key);
    assertThat(promised.status()).as(promised.body()).isEqualTo(202);
    assertThat(promised.text("/operation/subject/id")).isEqualTo(other);
    assertThat(asAcme.post(one() + "/restore", wanted, "Idempotency-Key", key).text("/operation/id"))
        .isEqualTo(promised.text("/operation/id"));
    refused(asAcme.post(one() + "/restore", "{\"what\":\"full\"}"), 409, "BACKUP_NOT_READY");
    settle();
    var files = asAcme.post(one() + "/restore", "{\"what\":\"files\",\"paths\":[\"shared/a,b\",\"index.php\"]}");
    assertThat(files.status()).as(files.body()).isEqualTo(202);
    settle();
    var tables = asAcme.post(one() + "/restore",
        "{\"what\":\"database\",\"database\":\"shop\",\"tables\":[\"wp_posts\"]}");
    assertThat(tables.status()).as(tables.body()).isEqualTo(202);
    settle();
    var made = asAcme.post(one() + "/restore", "{\"what\":\"full\",\"newSite\":{\"domain\":\"new-" + domain + "\"}}");
    assertThat(made.status()).as(made.body()).isEqualTo(202);
    assertThat(asAcme.get("/api/v1/sites/" + made.text("/id")).text("/status")).isEqualTo("PROVISIONING");
    assertThat(made.text("/operation/type")).isEqualTo("backup.restore");
  }

  @Test
  void whatCannotBeDoneIsToldByEachDoor() {
    for (var path : List.of("../x", "/etc/passwd", "a/../b", "a%2Fb", "%00", "")) {
      refused(asAcme.post(one() + "/restore", "{\"what\":\"files\",\"paths\":[\"" + path + "\"]}"), 422,
          "NAME_NOT_WRITTEN_SO");
    }
    refused(asAcme.post(one() + "/restore", "{\"what\":\"files\",\"paths\":\"x\"}"), 400, "WRONG_TYPE");
    refused(asAcme.post(one() + "/restore", "{\"what\":\"full\",\"paths\":[\"x\"]}"), 422, "NOT_IN_BACKUP");
    refused(asAcme.post(one() + "/restore", "{\"what\":\"full\",\"adapt\":true}"), 422, "NOTHING_TO_ADAPT");
    refused(asAcme.post(one() + "/restore", "{\"what\":\"full\",\"to\":\"" + Uuid7.next() + "\"}"), 404,
        "SITE_NOT_FOUND");
    refused(asAcme.post(one() + "/restore", "{\"what\":\"full\",\"newSite\":{\"domain\":\"no domain\"}}"), 422,
        "DOMAIN_CHARACTERS");
    refused(asAcme.post(one() + "/restore", "{\"what\":\"full\",\"newSite\":{\"domain\":\"" + domain + "\"}}"), 409,
        "DOMAIN_NOT_AVAILABLE");
    refused(asAcme.get(one() + "/contents?path=../etc"), 422, "NAME_NOT_WRITTEN_SO");
    refused(asAcme.get(one() + "/contents?what=tables&database=nothing"), 422, "NOT_IN_BACKUP");
    refused(asAcme.get(one() + "/contents?what=secrets"), 422, "NOT_IN_BACKUP");
    // nobody is at home on that server
    assertThat(asAcme.get(one() + "/contents").status()).isEqualTo(502);
    var browser = Browser.of(acme.owner(), port);
    assertThat(browser.get(page() + "/contents?list=true&at=../etc").body()).contains("no name in a backup");
    assertThat(browser.get(page() + "/restore?path=..%2Fetc").body()).contains("no name in a backup");
    assertThat(browser.get(page() + "/restore?into=other&to=" + Uuid7.next()).status()).isEqualTo(404);
    assertThat(browser.get(page() + "/restore?into=other&to=x").body()).contains("Another site")
        .doesNotContain("typedName");
    assertThat(browser.get(page() + "/restore?path=" + "a".repeat(4000)).status()).isEqualTo(200);
    assertThat(asAcme.get(one()).json().path("backup").path("activity").isNull()).isTrue();
  }

  @Test
  void aBrowserWithoutScriptChoosesFilesAndAnotherSiteAndTypesItsName() {
    var browser = Browser.of(acme.owner(), port);
    var look = browser.get(page() + "/contents?what=files&path=shared/a%252Cb&path=x%2Cy").body();
    assertThat(look).contains("What is in the backup", "Looking into the backup");
    var chosen = browser.get(page() + "/restore?path=shared/x%2Cy&path=b%2525c&into=other&to=" + other).body();
    assertThat(chosen).contains("/shared/x,y", "/b%c", "o" + domain, "name=\"path\" value=\"b%25c\"")
        .doesNotContain("wp-config.php");
    var wrong = browser.post(page() + "/restore",
        Map.of("path", "shared/x,y", "into", "other", "to", other, "typedName", domain));
    assertThat(wrong.status()).isEqualTo(422);
    assertThat(wrong.body()).contains("not the domain of the site");
    var right = browser.post(page() + "/restore",
        Map.of("path", "shared/x,y", "into", "other", "to", other, "typedName", "o" + domain));
    assertThat(right.status()).isEqualTo(302);
    assertThat(asAcme.get("/api/v1/sites/" + other).text("/status")).isEqualTo("RESTORING");
    settle();
    var whole = browser.get(page() + "/restore?what=full&into=other&to=" + other).body();
    assertThat(whole).contains("wp-config.php", "name=\"adapt\"");
    var fresh = browser.get(page() + "/restore?what=full&into=new").body();
    assertThat(fresh).contains("Domain of the new site").doesNotContain("typedName");
    var taken = browser.post(page() + "/restore", Map.of("what", "full", "into", "new", "domain", domain));
    assertThat(taken.status()).isEqualTo(422);
    assertThat(taken.body()).contains(domain);
    var made = browser.post(page() + "/restore", Map.of("what", "full", "into", "new", "domain", "n" + domain,
        "sent", "true", "adapt", "true"));
    assertThat(made.status()).isEqualTo(302);
    var id = asAcme.get("/api/v1/sites?search=n" + domain).text("/items/0/id");
    assertThat(browser.get("/sites/" + id).body()).contains("This site was made for a backup of " + domain,
        "on its way");
  }

  @Test
  void anotherTenantFindsNothingAndReachesNoSiteOfAcmesWithItsOwnBackup() {
    for (var answer : List.of(asGlobex.get(one() + "/contents"),
        asGlobex.get(one() + "/contents?what=databases"),
        asGlobex.post(one() + "/restore", "{\"what\":\"files\",\"paths\":[\"index.php\"]}"),
        asGlobex.post(one() + "/restore", "{\"what\":\"full\",\"newSite\":{\"domain\":\"g" + domain + "\"}}"))) {
      assertThat(answer.status()).as(answer.body()).isEqualTo(404);
    }
    var theirs = asGlobex.post("/api/v1/sites", "{\"domain\":\"t%s\",\"type\":\"php\"}".formatted(domain)).text("/id");
    RealServices.asAdministrator("update site set status = 'ACTIVE' where id = '" + theirs + "'");
    // neither acme's backup into theirs nor theirs into acme's
    assertThat(asGlobex.post(one() + "/restore", "{\"what\":\"full\",\"to\":\"" + theirs + "\"}").status())
        .isEqualTo(404);
    refused(asAcme.post(one() + "/restore", "{\"what\":\"full\",\"to\":\"" + theirs + "\"}"), 404, "SITE_NOT_FOUND");
    assertThat(asGlobex
        .post("/api/v1/sites/" + theirs + "/backups/" + backup + "/restore", "{\"what\":\"full\",\"to\":\"" + other
            + "\"}")
        .status()).isEqualTo(404);
    var stranger = Browser.of(globex.admin(), port);
    for (var address : List.of("/contents", "/contents?list=true", "/restore?into=other&to=" + theirs,
        "/restore?into=new")) {
      assertThat(stranger.get(page() + address).status()).as(address).isEqualTo(404);
    }
    assertThat(stranger.post(page() + "/restore", Map.of("what", "full", "into", "other", "to", theirs, "typedName",
        "t" + domain)).status()).isEqualTo(404);
    var own = Browser.of(acme.owner(), port);
    assertThat(own.get(page() + "/restore?into=other&to=" + theirs).status()).isEqualTo(404);
    assertThat(own.get(page() + "/restore?into=other").body()).contains("o" + domain).doesNotContain("t" + domain);
    assertThat(asAcme.get(one()).json().path("backup").path("activity").isNull()).isTrue();
  }

  @Test
  void whoMayNotRestoreMayNotLook() {
    for (var person : List.of(acme.viewer(), acme.member("MEMBER"))) {
      var client = ApiClient.of(port, acme, person, access, tokens);
      assertThat(client.get(one() + "/contents").status()).isEqualTo(403);
      assertThat(client.post(one() + "/restore", "{\"what\":\"full\",\"to\":\"" + other + "\"}").status())
          .isEqualTo(403);
      assertThat(Browser.of(person, port).get(page() + "/contents").status()).isEqualTo(403);
    }
  }
}
