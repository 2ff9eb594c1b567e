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
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;

/** Links for downloads as two customers ask for them, in each role. What they open: DownloadsOnAServerTest. */
@ChomTest
class DownloadsApiTests {
  private final int port;
  private final Access access;
  private final Tokens tokens;
  private final Tenants acme = Tenants.acme();
  private final Tenants globex = Tenants.globex();
  private final Tenants.Person admin = acme.admin();
  private final ApiClient asAcme;
  private final ApiClient asGlobex;
  private final String site;
  private final String links;

  DownloadsApiTests(@LocalServerPort int port, @Autowired Access access, @Autowired Tokens tokens) {
    this.port = port;
    this.access = access;
    this.tokens = tokens;
    UUID server = acme.sharedServer();
    // what is promised here stays promised
    RealServices.asAdministrator("insert into queue_pause (scope, paused_by) values ('server:" + server + "', 'test')");
    globex.sharedServer();
    asAcme = ApiClient.of(port, acme, admin, access, tokens);
    asGlobex = ApiClient.of(port, globex, globex.admin(), access, tokens);
    site = asAcme.post("/api/v1/sites", "{\"domain\":\"l%s.example.org\",\"type\":\"php\",\"serverId\":\"%s\"}"
        .formatted(Uuid7.next().toString().replace("-", ""), server)).text("/id");
    RealServices.asAdministrator("update operation set status = 'SUCCEEDED', finished_at = now() where subject_id = '"
        + site + "' and finished_at is null; update site set status = 'ACTIVE' where id = '" + site + "'");
    links = path(taken("full"));
  }

  private String taken(String type) {
    var id = asAcme.post("/api/v1/sites/" + site + "/backups", "{\"type\":\"%s\"}".formatted(type)).text("/id");
    RealServices.asAdministrator("update site_backup set status = 'COMPLETED', activity = null, finished_at = now(),"
        + " files = 3, size_bytes = 2048, databases = '[\"shop\"]', snapshot = '" + "a".repeat(64) + "', manifest = '"
        + "b".repeat(64) + "' where id = '" + id + "'");
    return id;
  }

  private String path(String backup) {
    return "/api/v1/sites/" + site + "/backups/" + backup + "/downloads";
  }

  private static void refused(Answer answer, int status, String code) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
    assertThat(answer.text("/code")).isEqualTo(code);
    assertThat(answer.text("/detail")).hasSizeGreaterThan(10).doesNotContain("Exception", "io.chom");
  }

  @Test
  void aLinkIsToldOnceListedWithoutItsSecretAndRevoked() {
    var made = asAcme.post(links, "{\"what\":\"database\",\"database\":\"shop\"}");
    assertThat(made.status()).as(made.body()).isEqualTo(201);
    assertThat(made.header("cache-control")).contains("no-store");
    var url = made.text("/url");
    assertThat(url).matches("/api/v1/backup-downloads/[0-9a-f-]{36}\\?token=[A-Za-z0-9_-]{43}");
    assertThat(made.text("/browserUrl")).isEqualTo(url.replace("/api/v1/backup-downloads", "/downloads"));
    assertThat(made.json().at("/compressed").asBoolean()).isTrue();

    var listed = asAcme.get(links);
    assertThat(listed.status()).isEqualTo(200);
    assertThat(listed.text("/items/0/id")).isEqualTo(made.text("/id"));
    assertThat(listed.text("/items/0/madeBy")).isEqualTo(admin.email());
    assertThat(listed.body()).doesNotContain(url.substring(url.indexOf('=') + 1));

    var one = links + "/" + made.text("/id");
    assertThat(asAcme.send("DELETE", one, "").status()).isEqualTo(204);
    refused(asAcme.send("DELETE", one, ""), 404, "DOWNLOAD_NOT_FOUND");
    assertThat(asAcme.get(links).json().at("/items")).isEmpty();
    refused(asAcme.get(url), 404, "DOWNLOAD_NOT_FOUND");
  }

  @Test
  void anotherCustomerOrAColleagueFindsNothing() {
    var made = asAcme.post(links, "{\"what\":\"full\"}");
    refused(asGlobex.post(links, "{\"what\":\"full\"}"), 404, "BACKUP_NOT_FOUND");
    refused(asGlobex.get(links), 404, "BACKUP_NOT_FOUND");
    refused(asGlobex.send("DELETE", links + "/" + made.text("/id"), ""), 404, "BACKUP_NOT_FOUND");
    refused(asGlobex.get(made.text("/url")), 404, "DOWNLOAD_NOT_FOUND");
    refused(ApiClient.of(port, acme, acme.admin(), access, tokens).get(made.text("/url")), 404, "DOWNLOAD_NOT_FOUND");
    refused(asAcme.get(made.text("/url") + "x"), 404, "DOWNLOAD_NOT_FOUND");
    refused(asAcme.get("/api/v1/backup-downloads/" + made.text("/id")), 404, "DOWNLOAD_NOT_FOUND");
    var page = "/sites/" + site + "/backups/" + backup() + "/downloads";
    var browser = Browser.of(globex.admin(), port);
    assertThat(browser.get(page).status()).isEqualTo(404);
    assertThat(browser.post(page, Map.of("what", "full")).status()).isEqualTo(404);
    assertThat(browser.get(made.text("/browserUrl")).status()).isEqualTo(404);
  }

  private String backup() {
    return links.split("/")[6];
  }

  @Test
  void itTakesTheRightToRestoreAndAScopeThatCoversIt() {
    var made = asAcme.post(links, "{\"what\":\"full\"}");
    for (var role : List.of("VIEWER", "MEMBER")) {
      var other = ApiClient.of(port, acme, acme.member(role), access, tokens);
      for (var answer : List.of(other.get(links), other.post(links, "{\"what\":\"full\"}"),
          other.get(made.text("/url")))) {
        assertThat(answer.status()).as(role).isEqualTo(403);
      }
      var browser = Browser.of(acme.member(role), port);
      assertThat(browser.get("/sites/" + site + "/backups/" + backup() + "/downloads").status()).isEqualTo(403);
      assertThat(browser.get("/backups").body()).doesNotContain("/downloads");
    }
    var reading = ApiClient.of(port, acme, admin, access, tokens, Set.of("backups:read"));
    assertThat(reading.get(made.text("/url")).status()).isEqualTo(403);
    assertThat(Browser.of(admin, port).get("/backups").body()).contains(backup() + "/downloads");
  }

  @Test
  void whatCannotBeGivenIsRefusedWithASentence() {
    refused(asAcme.post(links, "{\"what\":\"nothing\"}"), 422, "UNKNOWN_TYPE");
    refused(asAcme.post(links, "{\"what\":\"database\",\"database\":\"other\"}"), 422, "NOT_IN_BACKUP");
    refused(asAcme.post(links, "{\"what\":\"full\",\"path\":\"shared\"}"), 422, "NOT_IN_BACKUP");
    for (var path : List.of("../x", "/etc", "a/../b", "a//b", "a/", ".", "a/.", "a\\u0000b")) {
      refused(asAcme.post(links, "{\"what\":\"files\",\"path\":\"" + path + "\"}"), 422, "PATH_INVALID");
    }
    refused(asAcme.post(path(taken("database")), "{\"what\":\"files\"}"), 422, "NOT_IN_BACKUP");
    var gone = taken("files");
    RealServices.asAdministrator("update site_backup set activity = 'REMOVING' where id = '" + gone + "'");
    refused(asAcme.post(path(gone), "{\"what\":\"files\"}"), 409, "BACKUP_NOT_READY");
    // as it was typed, or as a list of files has it
    assertThat(asAcme.post(links, "{\"what\":\"files\",\"path\":\"shared/\\u00fc 100%\"}").text("/path"))
        .isEqualTo("shared/%C3%BC 100%25");
    assertThat(asAcme.post(links, "{\"what\":\"files\",\"path\":\"shared/%C3%BC%FF\"}").text("/path"))
        .isEqualTo("shared/%C3%BC%FF");
  }

  @Test
  void noMoreLinksAreMadeThanMayWhoeverAsksTogether() throws Exception {
    RealServices.asAdministrator("insert into backup_download (tenant_id, backup_id, part, compressed, token_hash,"
        + " made_by, made_by_label, most_uses, expires_at) select '" + acme.id() + "', '" + backup()
        + "', 'FULL', true, repeat('c', 64), '" + admin.id() + "', 'x', 5, now() from generate_series(1, 55)");
    try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
      var answers = callers.invokeAll(IntStream.range(0, 8)
          .mapToObj(i -> (java.util.concurrent.Callable<Answer>) () -> asAcme.post(links, "{\"what\":\"full\"}"))
          .toList());
      int made = 0;
      for (var answer : answers) {
        if (answer.get().status() == 201) {
          made++;
        } else {
          refused(answer.get(), 429, "TOO_MANY_LINKS");
        }
      }
      assertThat(made).isEqualTo(5);
    }
    assertThat(asGlobex.get("/api/v1/me").status()).as("others are not held up").isEqualTo(200);
  }

  @Test
  void whoOnlyLooksIsToldThatThereIsNothingToSee() {
    var made = asAcme.post(links, "{\"what\":\"full\"}");
    assertThat(Browser.of(admin, port).send("HEAD", made.text("/browserUrl")).status()).isEqualTo(405);
    assertThat(asAcme.get(links).json().at("/items/0/uses").asInt()).isZero();
  }
}
