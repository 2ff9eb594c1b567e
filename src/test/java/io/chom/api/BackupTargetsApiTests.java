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
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;

/** Where backups go, as programs and browsers ask; and that no customer reaches what is another's, by any route. */
@ChomTest
class BackupTargetsApiTests {
  private static final String TARGETS = "/api/v1/backup-targets";

  private final int port;
  private final Access access;
  private final Tokens tokens;
  private final Customer acme;
  private final Customer globex;

  BackupTargetsApiTests(@LocalServerPort int port, @Autowired Access access, @Autowired Tokens tokens) {
    this.port = port;
    this.access = access;
    this.tokens = tokens;
    acme = new Customer(Tenants.acme());
    globex = new Customer(Tenants.globex());
  }

  /** With a site, a backup of it in a target of its own, and a schedule. */
  private final class Customer {
    final Tenants tenant;
    final Tenants.Person owner;
    final ApiClient api;
    final String site;
    final String target = Uuid7.next().toString();
    final String backup;
    final String schedule;

    Customer(Tenants tenant) {
      this.tenant = tenant;
      owner = tenant.owner();
      var server = tenant.sharedServer();
      // what is promised here stays promised
      RealServices.asAdministrator("insert into queue_pause (scope, paused_by) values ('server:" + server
          + "', 'test')");
      api = ApiClient.of(port, tenant, owner, access, tokens);
      site = api.post("/api/v1/sites", "{\"domain\":\"t%s.example.org\",\"type\":\"php\",\"serverId\":\"%s\"}"
          .formatted(Uuid7.next().toString().replace("-", ""), server)).text("/id");
      ready();
      RealServices.asAdministrator("insert into backup_target (id, tenant_id, name, kind, location, secrets_sealed,"
          + " public_key, host_key) values ('" + target + "', '" + tenant.id() + "', 'box', 'SFTP',"
          + " 'sftp://u1@93.184.216.34/" + target + "', 'v1.sealed.marker', 'ssh-ed25519 AAAAC3Nz',"
          + " 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3Tz5kq0a0tSx0cN1mWk8mQk0yq2f3uQpQ1c7pXwYvZ')");
      backup = api.post(path(), "{\"type\":\"full\",\"target\":\"%s\"}".formatted(target)).text("/id");
      RealServices.asAdministrator("update site_backup set status = 'COMPLETED', finished_at = now(), snapshot = '"
          + "a".repeat(64) + "', manifest = '" + "b".repeat(64) + "' where id = '" + backup + "'");
      ready();
      schedule = api.post("/api/v1/sites/" + site + "/backup-schedules",
          "{\"type\":\"full\",\"cron\":\"@daily\",\"target\":\"%s\",\"exclude\":[\"shared/cache\"]}".formatted(target))
          .text("/id");
    }

    void ready() {
      RealServices.asAdministrator("update operation set status = 'SUCCEEDED', finished_at = now() where subject_id = '"
          + site + "' and finished_at is null; update site set status = 'ACTIVE' where id = '" + site + "'");
    }

    String path() {
      return "/api/v1/sites/" + site + "/backups";
    }
  }

  @AfterEach
  void nothingIsSharedAnyMore() {
    RealServices
        .asAdministrator("update backup_target set status = 'REMOVED', secrets_sealed = null, is_default = false"
            + " where shared or shared_from is not null");
  }

  private static void refused(Answer answer, int status, String code) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
    assertThat(answer.text("/code")).isEqualTo(code);
    assertThat(answer.text("/detail")).hasSizeGreaterThan(10).doesNotContain("Exception", "io.chom");
  }

  private static String of(String kind, String location) {
    return "{\"name\":\"n\",\"kind\":\"%s\",\"location\":\"%s\",\"login\":\"AKIA\",\"password\":\"pw-shown-nowhere\"}"
        .formatted(kind, location);
  }

  @Test
  void aBackupAndAScheduleSayWhereTheyLie() {
    var shown = acme.api.get(acme.path() + "/" + acme.backup);
    assertThat(shown.text("/backup/targetId")).isEqualTo(acme.target);
    assertThat(shown.text("/backup/targetName")).isEqualTo("box");
    var schedule = acme.api.get("/api/v1/sites/" + acme.site + "/backup-schedules");
    assertThat(schedule.text("/0/target")).isEqualTo(acme.target);
    assertThat(schedule.text("/0/exclude/0")).isEqualTo("shared/cache");
    var target = acme.api.get(TARGETS + "/" + acme.target);
    assertThat(target.text("/location")).startsWith("sftp://u1@93.184.216.34/");
    assertThat(target.text("/fingerprint")).startsWith("SHA256:");
    assertThat(target.text("/backups")).isEqualTo("1");
    assertThat(target.body()).doesNotContain("sealed", "password", "secret");
    RealServices.asAdministrator("update backup_repository set stored_bytes = 4096 where target_id = '" + acme.target
        + "'");
    assertThat(acme.api.get("/api/v1/backups/storage").status()).isEqualTo(200);
  }

  @Test
  void noRouteLeadsToAnothersTargetBackupScheduleOrRepository() {
    var before = everythingOf(acme);
    var itsOwnTarget = TARGETS + "/" + acme.target;
    for (var probe : List.of(globex.api.get(itsOwnTarget), globex.api.send("PATCH", itsOwnTarget, "{\"name\":\"x\"}"),
        globex.api.post(itsOwnTarget + "/check", "{}"), globex.api.send("PUT", itsOwnTarget + "/default", ""),
        globex.api.send("DELETE", itsOwnTarget, ""),
        globex.api.post(globex.path(), "{\"type\":\"files\",\"target\":\"%s\"}".formatted(acme.target)),
        globex.api.post("/api/v1/sites/" + globex.site + "/backup-schedules",
            "{\"type\":\"files\",\"cron\":\"@daily\",\"target\":\"%s\"}".formatted(acme.target)),
        globex.api.send("PUT", "/api/v1/sites/" + globex.site + "/backup-schedules/" + globex.schedule,
            "{\"type\":\"full\",\"cron\":\"@daily\",\"target\":\"%s\"}".formatted(acme.target)))) {
      refused(probe, 404, "BACKUP_TARGET_NOT_FOUND");
    }
    // as of its own site, and as of theirs
    for (var site : List.of(acme.site, globex.site)) {
      var backup = "/api/v1/sites/" + site + "/backups/" + acme.backup;
      for (var probe : List.of(globex.api.get(backup), globex.api.post(backup + "/verify", ""),
          globex.api.post(backup + "/restore", "{\"what\":\"full\"}"), globex.api.send("DELETE", backup, ""),
          globex.api.send("PUT", backup + "/pin", ""), globex.api.send("DELETE", backup + "/pin", ""))) {
        refused(probe, 404, "BACKUP_NOT_FOUND");
      }
      var schedule = "/api/v1/sites/" + site + "/backup-schedules/" + acme.schedule;
      assertThat(globex.api.send("PUT", schedule, "{\"type\":\"full\",\"cron\":\"@daily\"}").status()).isEqualTo(404);
      assertThat(globex.api.send("DELETE", schedule, "").status()).isEqualTo(404);
    }
    for (var probe : List.of("/backups", "/backup-schedules", "/backup-runs")) {
      assertThat(globex.api.get("/api/v1/sites/" + acme.site + probe).status()).as(probe).isEqualTo(404);
    }
    assertThat(globex.api.post(acme.path(), "{\"type\":\"full\"}").status()).isEqualTo(404);
    refused(globex.api.post(TARGETS,
        "{\"name\":\"d\",\"kind\":\"server\",\"on\":\"%s\"}".formatted(acme.tenant.server())), 404, "SERVER_NOT_FOUND");
    for (var list : List.of(TARGETS, "/api/v1/backups", "/api/v1/backups/storage", "/api/v1/operations")) {
      assertThat(globex.api.get(list).body()).as(list).doesNotContain(acme.target, acme.backup, acme.site);
    }
    assertThat(globex.api.get("/api/v1/backups?site=" + acme.site).body()).doesNotContain(acme.backup);
    var browser = Browser.of(globex.owner, port);
    for (var page : List.of("/backups/targets/" + acme.target, "/sites/" + acme.site + "/backups",
        "/sites/" + acme.site + "/schedules", "/sites/" + globex.site + "/backups/" + acme.backup + "/restore",
        "/sites/" + globex.site + "/backups/" + acme.backup + "/remove")) {
      assertThat(browser.get(page).status()).as(page).isEqualTo(404);
    }
    for (var form : List.of("/check", "/default", "/remove", "")) {
      assertThat(browser.post("/backups/targets/" + acme.target + form, Map.of("typedName", "box", "name", "x"))
          .status()).as(form).isEqualTo(404);
    }
    assertThat(browser.post("/sites/" + globex.site + "/backups", Map.of("type", "files", "target", acme.target))
        .status()).isEqualTo(404);
    assertThat(browser.get("/backups").body() + browser.get("/backups/targets").body()).doesNotContain(acme.target,
        acme.backup, acme.site);
    assertThat(everythingOf(acme)).as("nothing of it was touched").isEqualTo(before);
    assertThat(count("select count(*) from site_backup where tenant_id = '" + globex.tenant.id() + "'"))
        .as("and nothing was made").isEqualTo("1");
    assertThat(count("select count(*) from backup_repository where tenant_id = '" + globex.tenant.id() + "'"))
        .isEqualTo("1");
  }

  /** But for how far ahead the clock has written down the runs of a schedule: that moves by itself. */
  private static String everythingOf(Customer customer) {
    return Stream.of("backup_target", "backup_repository", "site_backup", "backup_schedule", "operation")
        .map(table -> count("select coalesce(string_agg(known, '|' order by known), '') from (select"
            + " (to_jsonb(t) - 'planned_until')::text as known from " + table + " t where tenant_id = '"
            + customer.tenant.id() + "') all_of_it"))
        .toList().toString();
  }

  @Test
  void aTargetIsGivenUpByItsNameOnThePageAndByTheApi() {
    var target = TARGETS + "/" + acme.target;
    assertThat(globex.api.get(target + "/loss").status()).isEqualTo(404);
    refused(globex.api.post(target + "/forget", "{\"name\":\"box\"}"), 404, "BACKUP_TARGET_NOT_FOUND");
    assertThat(acme.api.get(target + "/loss").text("/backups")).isEqualTo("1");
    refused(acme.api.post(target + "/forget", "{\"name\":\"bx\"}"), 422, "NAME_DOES_NOT_MATCH");
    refused(acme.api.post(target + "/forget", "{\"name\":\"box\"}"), 409, "TARGET_SCHEDULED");
    acme.api.send("DELETE", "/api/v1/sites/" + acme.site + "/backup-schedules/" + acme.schedule, "");
    var browser = Browser.of(acme.owner, port);
    var here = "/backups/targets/" + acme.target;
    assertThat(browser.get(here).body()).contains(here + "/forget");
    assertThat(browser.get(here + "/forget").body()).contains("One backup is lost.", "no other good backup");
    assertThat(Browser.of(globex.owner, port).post(here + "/forget", Map.of("typedName", "box")).status())
        .isEqualTo(404);
    assertThat(Browser.of(acme.tenant.viewer(), port).get(here + "/forget").status()).isEqualTo(403);
    var wrong = browser.post(here + "/forget", Map.of("typedName", "bx"));
    assertThat(wrong.status()).isEqualTo(422);
    assertThat(wrong.body()).contains("This is not the name of the target");
    assertThat(browser.post(here + "/forget", Map.of("typedName", "box")).status()).isEqualTo(302);
    assertThat(acme.api.get(target).status()).isEqualTo(404);
    assertThat(acme.api.get(acme.path()).body()).doesNotContain(acme.backup);
  }

  @Test
  void whatIsLeftOutOfABackupIsTypedOnThePageToo() {
    var browser = Browser.of(acme.owner, port);
    assertThat(browser.get("/sites/" + acme.site).body()).contains("name=\"exclude\"");
    var wrong = browser.post("/sites/" + acme.site + "/backups",
        Map.of("type", "files", "target", acme.target.toString(), "exclude", "!<x>"));
    assertThat(wrong.status()).isEqualTo(422);
    assertThat(wrong.body()).as("what was typed and chosen is still there").contains(">!&lt;x&gt;</textarea>",
        "value=\"files\" selected", "value=\"" + acme.target + "\" selected");
    var made = browser.post("/sites/" + acme.site + "/backups",
        Map.of("type", "files", "exclude", "shared/cache\n\n*.log"));
    assertThat(made.status()).as(made.body()).isEqualTo(302);
    assertThat(count("select payload ->> 'exclude' from operation where subject_id = '" + acme.site
        + "' order by created_at desc limit 1")).contains("shared/cache", "*.log");
  }

  @Test
  void aSharedTargetIsANameToTenantsAndOperatorsAloneMakeOne() {
    var shared = Uuid7.next();
    RealServices.asAdministrator("insert into backup_target (id, tenant_id, name, kind, location, shared,"
        + " secrets_sealed, region, checked_at, check_failure, created_by) values ('" + shared
        + "', '00000000-0000-7000-8000-000000000001', 'bucket " + shared + "', 'S3', 's3:https://s3.example/h1dden-"
        + shared + "', true, 'v1.sealed.marker', 'eu-h1dden-1', now(), 'h1dden failure', 'boss@platform.example')");
    var seen = acme.api.get(TARGETS + "/" + shared);
    assertThat(seen.status()).isEqualTo(200);
    assertThat(seen.text("/name")).isEqualTo("bucket " + shared);
    var page = Browser.of(acme.owner, port).get("/backups/targets").body();
    assertThat(page).contains("bucket " + shared);
    assertThat(seen.body() + page + acme.api.get(TARGETS).body()).doesNotContain("h1dden", "sealed", "boss@");
    var promised = acme.api.post(acme.path(), "{\"type\":\"files\",\"target\":\"%s\"}".formatted(shared));
    assertThat(promised.status()).as(promised.body()).isEqualTo(202);
    assertThat(acme.api.get("/api/v1/operations/" + promised.text("/operation/id")).body()).doesNotContain("sealed",
        "s3_secret");
    for (var probe : List.of(acme.api.send("PATCH", TARGETS + "/" + shared, "{\"name\":\"x\"}"),
        acme.api.post(TARGETS + "/" + shared + "/check", "{}"),
        acme.api.send("DELETE", TARGETS + "/" + shared, ""))) {
      refused(probe, 409, "TARGET_SHARED");
    }
    assertThat(acme.api.send("PUT", TARGETS + "/" + shared + "/default", "").status()).isEqualTo(204);
    assertThat(acme.api.get(TARGETS + "/" + shared).text("/isDefault")).isEqualTo("true");
    assertThat(globex.api.get(TARGETS + "/" + shared).text("/isDefault")).as("each tenant's choice is its own")
        .isEqualTo("false");
    refused(acme.api.post(TARGETS, of("local", "/mnt/x")), 422, "TARGET_CREDENTIALS_INVALID");
    refused(acme.api.post(TARGETS, "{\"name\":\"n\",\"kind\":\"local\",\"location\":\"/mnt/x\"}"), 422,
        "TARGET_KIND_NOT_YOURS");
  }

  @Test
  void badRequestsAreToldWhatIsWrongAndASecretIsNotRepeated() {
    var before = count(
        "select count(*) from backup_target where kind <> 'LOCAL' and tenant_id = '" + acme.tenant.id() + "'");
    for (var bad : Map.of(of("ftp", "https://93.184.216.34/b"), "TARGET_KIND_UNKNOWN",
        of("s3", "https://93.184.216.34/b/../c"), "TARGET_LOCATION_INVALID",
        of("s3", "https://u:p@93.184.216.34/bucket"), "TARGET_LOCATION_WITH_LOGIN",
        of("s3", "https://93.184.216.34:99999/bucket"), "TARGET_PORT_INVALID",
        of("rest", "http://93.184.216.34/x"), "TARGET_NOT_ENCRYPTED",
        of("s3", "https://169.254.169.254/bucket"), "HOST_NOT_PUBLIC",
        of("rest", "https://127.0.0.1:6379/x"), "HOST_NOT_PUBLIC",
        of("sftp", "sftp://u@93.184.216.34/b"), "TARGET_CREDENTIALS_INVALID").entrySet()) {
      var answer = acme.api.post(TARGETS, bad.getKey());
      refused(answer, 422, bad.getValue());
      assertThat(answer.body()).doesNotContain("pw-shown-nowhere");
    }
    refused(acme.api.post(TARGETS, "{\"kind\":\"s3\"}"), 422, "INVALID_REQUEST");
    refused(acme.api.post(TARGETS, "{\"name\":\"n\",\"kind\":\"s3\",\"key\":\"x\"}"), 400, "UNKNOWN_FIELD");
    var away = acme.api.post(TARGETS, of("s3", "https://93.184.216.34/bucket"), "Idempotency-Key",
        Uuid7.next().toString());
    assertThat(away.status()).as("its server is away").isEqualTo(502);
    assertThat(away.text("/code")).startsWith("SERVER_NOT_REACHED");
    assertThat(away.body()).doesNotContain("pw-shown-nowhere");
    assertThat(acme.api.post(TARGETS + "/" + acme.target + "/check", "{}").status()).isGreaterThanOrEqualTo(422);
    refused(acme.api.send("PATCH", TARGETS + "/" + acme.target, "{\"limits\":{\"uploadKbps\":1}}"), 422,
        "TARGET_LIMIT_INVALID");
    refused(acme.api.send("DELETE", TARGETS + "/" + acme.target, ""), 409, "TARGET_IN_USE");
    refused(acme.api.post(acme.path(), "{\"type\":\"files\",\"exclude\":[\"!x\"]}"), 422, "EXCLUDE_INVALID");
    assertThat(
        count("select count(*) from backup_target where kind <> 'LOCAL' and tenant_id = '" + acme.tenant.id() + "'"))
        .as("nothing was kept").isEqualTo(before);
  }

  @Test
  void membersSeeTargetsAndAdminsAloneChangeThem() {
    var member = ApiClient.of(port, acme.tenant, acme.tenant.member("MEMBER"), access, tokens);
    assertThat(member.get(TARGETS).status()).isEqualTo(200);
    for (var probe : List.of(member.post(TARGETS, of("s3", "https://93.184.216.34/bucket")),
        member.send("PATCH", TARGETS + "/" + acme.target, "{\"name\":\"x\"}"),
        member.post(TARGETS + "/" + acme.target + "/check", "{}"),
        member.send("PUT", TARGETS + "/" + acme.target + "/default", ""),
        member.send("DELETE", TARGETS + "/" + acme.target, ""))) {
      assertThat(probe.status()).isEqualTo(403);
    }
    var browser = Browser.of(acme.tenant.viewer(), port);
    assertThat(browser.get("/backups/targets/" + acme.target).body()).doesNotContain("/remove\"", "/check\"");
    assertThat(browser.get("/backups/targets/new?kind=s3").status()).isEqualTo(403);
    assertThat(browser.post("/backups/targets", Map.of("kind", "s3")).status()).isEqualTo(403);
  }

  @Test
  void theFormKeepsWhatWasTypedButNoPassword() {
    var browser = Browser.of(acme.owner, port);
    assertThat(browser.get("/backups/targets/new?kind=rest").body()).contains("name=\"password\"");
    var refused = browser.post("/backups/targets", Map.of("kind", "rest", "name", "Vault", "location",
        "https://127.0.0.1/x", "login", "keeper", "password", "pw-shown-nowhere"));
    assertThat(refused.status()).isEqualTo(422);
    assertThat(refused.body()).contains("value=\"Vault\"", "value=\"keeper\"", "not a public one")
        .doesNotContain("pw-shown-nowhere");
    var away = browser.post("/backups/targets", Map.of("kind", "rest", "name", "Vault", "location",
        "https://93.184.216.34/x", "login", "keeper", "password", "pw-shown-nowhere"));
    assertThat(away.status()).isEqualTo(502);
    assertThat(away.body()).contains("Nothing was kept").doesNotContain("pw-shown-nowhere");
    var renamed = browser.post("/backups/targets/" + acme.target, Map.of("name", "Kiste", "uploadKbps", "x"));
    assertThat(renamed.status()).isEqualTo(422);
    assertThat(browser.get("/sites/" + acme.site).body()).contains("name=\"target\"", "box");
    assertThat(browser.get("/sites/" + acme.site + "/schedules?edit=" + acme.schedule).body()).contains("shared/cache",
        "value=\"" + acme.target + "\" selected");
  }

  private static String count(String sql) {
    try (var database = RealServices.asAdministrator();
        var statement = database.createStatement();
        var row = statement.executeQuery(sql)) {
      assertThat(row.next()).isTrue();
      return row.getString(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
