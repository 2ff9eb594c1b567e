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
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;

/** Schedules as programs, outside clocks and browsers without script use them; two customers, and each role. */
@ChomTest
class BackupSchedulesApiTests {
  private final int port;
  private final Access access;
  private final Tokens tokens;
  private final Tenants acme = Tenants.acme();
  private final Tenants globex = Tenants.globex();
  private final Tenants.Person owner = acme.owner();
  private final ApiClient asAcme;
  private final ApiClient asGlobex;
  private final String site;

  BackupSchedulesApiTests(@LocalServerPort int port, @Autowired Access access, @Autowired Tokens tokens) {
    this.port = port;
    this.access = access;
    this.tokens = tokens;
    var server = acme.sharedServer();
    // what is promised here stays promised
    RealServices.asAdministrator("insert into queue_pause (scope, paused_by) values ('server:" + server + "', 'test')");
    globex.sharedServer();
    asAcme = ApiClient.of(port, acme, owner, access, tokens);
    asGlobex = ApiClient.of(port, globex, globex.owner(), access, tokens);
    site = asAcme.post("/api/v1/sites", "{\"domain\":\"%s\",\"type\":\"php\",\"serverId\":\"%s\"}"
        .formatted("b" + Uuid7.next().toString().replace("-", "") + ".example.org", server)).text("/id");
    RealServices.asAdministrator("update operation set status = 'SUCCEEDED', finished_at = now() where subject_id = '"
        + site + "' and finished_at is null; update site set status = 'ACTIVE' where id = '" + site + "'");
  }

  private String path() {
    return "/api/v1/sites/" + site + "/backup-schedules";
  }

  private static String nightly(String more) {
    return "{\"type\":\"full\",\"cron\":\"30 2 * * *\",\"zone\":\"Europe/Berlin\"" + more + "}";
  }

  private static void refused(Answer answer, int status, String code) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
    assertThat(answer.text("/code")).isEqualTo(code);
    assertThat(answer.text("/detail")).hasSizeGreaterThan(10).doesNotContain("Exception", "io.chom");
  }

  /** As if its time had come. */
  private void due() {
    RealServices.asAdministrator("insert into backup_run (tenant_id, schedule_id, due_at, start_by, status)"
        + " select tenant_id, id, now() - interval '1 minute', now() + interval '1 hour', 'PLANNED'"
        + " from backup_schedule where site_id = '" + site + "'");
  }

  private String backup(int daysAgo, long bytes) {
    var id = Uuid7.next().toString();
    RealServices.asAdministrator("insert into backup_repository (tenant_id, site_id, target_id, server_id, key_sealed)"
        + " select s.tenant_id, s.id, t.id, s.server_id, 'x' from site s join backup_target t on t.tenant_id = s.tenant_id"
        + " where s.id = '" + site + "' on conflict do nothing");
    RealServices.asAdministrator("insert into site_backup (id, tenant_id, site_id, repository_id, backup_type, status,"
        + " snapshot, manifest, added_bytes, created_at, finished_at) select '" + id
        + "', r.tenant_id, r.site_id, r.id,"
        + " 'FULL', 'COMPLETED', repeat('a', 64), repeat('b', 64), " + bytes + ", now() - interval '" + daysAgo
        + " days', now() from backup_repository r where r.site_id = '" + site + "'");
    return id;
  }

  @Test
  void aScheduleIsMadeShownChangedAndEnded() {
    var made = asAcme.post(path(), nightly(""));
    assertThat(made.status()).as(made.body()).isEqualTo(201);
    assertThat(made.text("/keep/daily")).isEqualTo("7");
    assertThat(made.json().path("upcoming").size()).isEqualTo(5);
    assertThat(Instant.parse(made.text("/upcoming/0"))).isAfter(Instant.now())
        .isBefore(Instant.now().plus(Duration.ofHours(26)));
    refused(asAcme.post(path(), nightly("")), 409, "SCHEDULE_EXISTS");
    var id = made.text("/id");
    var changed = asAcme.send("PUT", path() + "/" + id,
        "{\"type\":\"database\",\"cron\":\"@hourly\",\"quiet\":\"08:00-18:00\",\"enabled\":false,\"keep\":{\"last\":3,"
            + "\"daily\":0,\"weekly\":0,\"monthly\":0,\"yearly\":0,\"days\":14}}");
    assertThat(changed.status()).as(changed.body()).isEqualTo(200);
    assertThat(changed.json().path("upcoming").size()).as("off").isZero();
    assertThat(asAcme.get(path()).text("/0/keep/days")).isEqualTo("14");
    assertThat(asAcme.send("DELETE", path() + "/" + id, "").status()).isEqualTo(204);
    refused(asAcme.send("DELETE", path() + "/" + id, ""), 404, "SCHEDULE_NOT_FOUND");
    assertThat(asAcme.get(path()).json().size()).isZero();
  }

  @Test
  void askedForTwiceAtOnceThereIsOneSchedule() throws Exception {
    try (var askers = Executors.newVirtualThreadPerTaskExecutor()) {
      Callable<Integer> ask = () -> asAcme.post(path(), nightly("")).status();
      var answers = askers.invokeAll(List.of(ask, ask, ask, ask)).stream().map(Future::resultNow).toList();
      assertThat(answers).containsExactlyInAnyOrder(201, 409, 409, 409);
      Callable<Integer> end = () -> asAcme.send("DELETE", path() + "/" + asAcme.get(path()).text("/0/id"), "").status();
      assertThat(askers.invokeAll(List.of(end, end)).stream().map(Future::resultNow)).contains(204);
    }
    assertThat(asAcme.get(path()).json().size()).isZero();
  }

  @Test
  void badRequestsAreToldWhatIsWrong() {
    refused(asAcme.post(path(), nightly(",\"keep\":{\"last\":-1,\"daily\":0,\"weekly\":0,\"monthly\":0,\"yearly\":0}")),
        422, "KEEP_INVALID");
    refused(asAcme.post(path(), nightly(",\"graceMinutes\":1")), 422, "GRACE_INVALID");
    refused(asAcme.post(path(), nightly(",\"quiet\":\"8-18\"")), 422, "QUIET_HOURS_INVALID");
    refused(asAcme.post(path(), nightly("").replace("Europe/Berlin", "Berlin")), 422, "TIME_ZONE_UNKNOWN");
    refused(asAcme.post(path(), nightly("").replace("30 2", "* *")), 422, "TOO_OFTEN");
    refused(asAcme.post(path(), nightly("").replace("30 2 * *", "30 2 31 2")), 422, "NEVER_DUE");
    refused(asAcme.post(path(), nightly("").replace("30 2 * * *", "$(reboot)")), 422, "CRON_INVALID");
    refused(asAcme.post(path(), nightly("").replace("full", "half")), 422, "UNKNOWN_TYPE");
    refused(asAcme.post(path(), "{\"type\":\"full\"}"), 422, "INVALID_REQUEST");
    refused(asAcme.post(path(), nightly(",\"offset\":3")), 400, "UNKNOWN_FIELD");
    refused(asAcme.get("/api/v1/sites/" + site + "/backup-runs?from=2026-01-01T00:00:00Z&to=2025-01-01T00:00:00Z"), 400,
        "PERIOD_INVALID");
    assertThat(asAcme.get(path()).json().size()).isZero();
  }

  @Test
  void aPreviewSaysWhenAndWhatWouldGoAndChangesNothing() {
    asAcme.post("/api/v1/sites/" + site + "/backups", "{\"type\":\"files\"}");
    var old = backup(40, 100);
    var young = backup(1, 100);
    var preview = asAcme.post(path() + "/preview",
        nightly(",\"keep\":{\"last\":0,\"daily\":2,\"weekly\":0,\"monthly\":0,\"yearly\":0,\"days\":30}"));
    assertThat(preview.status()).as(preview.body()).isEqualTo(200);
    assertThat(preview.json().path("upcoming").size()).isEqualTo(5);
    assertThat(preview.text("/backups/0/backup")).isEqualTo(young);
    assertThat(preview.text("/backups/0/why/0")).isEqualTo("DAILY");
    assertThat(preview.text("/backups/1/backup")).isEqualTo(old);
    assertThat(preview.json().at("/backups/1/why").size()).isZero();
    assertThat(asAcme.get("/api/v1/sites/" + site + "/backups/" + old).text("/backup/status")).isEqualTo("COMPLETED");
    assertThat(asAcme.get(path()).json().size()).isZero();
  }

  @Test
  void aClockOutsideStartsWhatIsDueOnceHoweverOftenItAsks() throws Exception {
    asAcme.post(path(), nightly(""));
    assertThat(asAcme.post("/api/v1/backup-runs", "").json().path("started").size()).as("nothing is due").isZero();
    due();
    var clock = ApiClient.of(port, acme, owner, access, tokens, Set.of("backups:run"));
    try (var clocks = Executors.newVirtualThreadPerTaskExecutor()) {
      Callable<Integer> asked = () -> {
        var answer = clock.post("/api/v1/backup-runs", "");
        assertThat(answer.status()).as(answer.body()).isEqualTo(202);
        return answer.json().path("started").size();
      };
      int started = 0;
      for (var answer : clocks.invokeAll(IntStream.range(0, 8).mapToObj(n -> asked).toList())) {
        started += answer.get();
      }
      // the panel's own clock may have been quicker
      assertThat(started).isLessThanOrEqualTo(1);
    }
    assertThat(asAcme.get("/api/v1/sites/" + site + "/backups").json().path("items").size()).isEqualTo(1);
    assertThat(asAcme.get("/api/v1/sites/" + site + "/backups").text("/items/0/status")).isEqualTo("RUNNING");
    var run = asAcme.get("/api/v1/sites/" + site + "/backup-runs");
    assertThat(run.text("/0/status")).isEqualTo("STARTED");
    assertThat(run.text("/0/outcome")).isEqualTo("RUNNING");
    assertThat(clock.get(path()).status()).as("and may do nothing else").isEqualTo(403);
  }

  @Test
  void anotherTenantFindsNothingAndStartsNothing() {
    var id = asAcme.post(path(), nightly("")).text("/id");
    due();
    refused(asGlobex.get(path()), 404, "SITE_NOT_FOUND");
    refused(asGlobex.post(path(), nightly("")), 404, "SITE_NOT_FOUND");
    refused(asGlobex.post(path() + "/preview", nightly("")), 404, "SITE_NOT_FOUND");
    refused(asGlobex.send("PUT", path() + "/" + id, nightly("")), 404, "SITE_NOT_FOUND");
    refused(asGlobex.send("DELETE", path() + "/" + id, ""), 404, "SITE_NOT_FOUND");
    refused(asGlobex.get("/api/v1/sites/" + site + "/backup-runs"), 404, "SITE_NOT_FOUND");
    assertThat(asGlobex.post("/api/v1/backup-runs", "").json().path("started").size()).isZero();
    assertThat(asAcme.get(path()).json().size()).isEqualTo(1);
    var browser = Browser.of(globex.owner(), port);
    assertThat(browser.get("/sites/" + site + "/schedules").status()).isEqualTo(404);
    assertThat(browser.post("/sites/" + site + "/schedules/" + id + "/remove", Map.of()).status()).isEqualTo(404);
  }

  @Test
  void aPinnedBackupIsShownAndReleasedByApiAndPage() {
    asAcme.post("/api/v1/sites/" + site + "/backups", "{\"type\":\"files\"}");
    var id = backup(1, 100);
    var one = "/api/v1/sites/" + site + "/backups/" + id;
    assertThat(asAcme.send("PUT", one + "/pin", "").status()).isEqualTo(204);
    assertThat(asAcme.get(one).text("/backup/pinned")).isEqualTo("true");
    assertThat(asAcme.send("DELETE", one + "/pin", "").status()).isEqualTo(204);
    assertThat(asAcme.get(one).text("/backup/pinned")).isEqualTo("false");
    refused(asGlobex.send("PUT", one + "/pin", ""), 404, "BACKUP_NOT_FOUND");
    var browser = Browser.of(owner, port);
    assertThat(browser.post("/sites/" + site + "/backups/" + id + "/pin", Map.of()).status()).isEqualTo(302);
    assertThat(browser.get("/sites/" + site).body()).contains("Pinned", "/backups/" + id + "/unpin");
    assertThat(Browser.of(acme.member("MEMBER"), port).post("/sites/" + site + "/backups/" + id + "/unpin", Map.of())
        .status()).isEqualTo(403);
    assertThat(Browser.of(globex.owner(), port).post("/sites/" + site + "/backups/" + id + "/unpin", Map.of())
        .status()).isEqualTo(404);
    assertThat(browser.post("/sites/" + site + "/backups/" + id + "/unpin", Map.of()).status()).isEqualTo(302);
    assertThat(browser.get("/sites/" + site).body()).doesNotContain("/backups/" + id + "/unpin");
  }

  @Test
  void membersSeeSchedulesAndAdminsMakeThem() {
    var id = asAcme.post(path(), nightly("")).text("/id");
    for (var role : List.of("VIEWER", "MEMBER", "ADMIN")) {
      var person = acme.member(role);
      var client = ApiClient.of(port, acme, person, access, tokens);
      boolean may = role.equals("ADMIN");
      assertThat(client.get(path()).status()).as(role).isEqualTo(200);
      assertThat(client.send("PUT", path() + "/" + id, nightly("")).status()).as(role).isEqualTo(may ? 200 : 403);
      assertThat(client.post("/api/v1/backup-runs", "").status()).as(role).isEqualTo(role.equals("VIEWER") ? 403 : 202);
      var browser = Browser.of(person, port);
      var page = browser.get("/sites/" + site + "/schedules");
      assertThat(page.body().contains("Create schedule")).as(role).isEqualTo(may);
      assertThat(browser.post("/sites/" + site + "/schedules/" + id, Map.of("type", "full")).status()).as(role)
          .isEqualTo(may ? 422 : 403);
    }
  }

  @Test
  void thePageMakesChangesAndEndsASchedule() {
    var browser = Browser.of(owner, port);
    var page = "/sites/" + site + "/schedules";
    assertThat(browser.get("/sites/" + site).body()).contains(page);
    assertThat(browser.get(page).body()).contains("Nothing is backed up by itself yet", "Every day at 02:30, UTC");
    var typed = new HashMap<>(Map.of("type", "full", "cron", "0 3 * * 1-5", "zone", "Europe/Berlin", "grace", "30",
        "daily", "7", "enabled", "true", "catchUp", "true"));
    assertThat(browser.post(page + "/preview", typed).body()).contains("Monday, Tuesday, Wednesday, Thursday, Friday at"
        + " 03:00, Berlin time").doesNotContain("<html");
    assertThat(browser.post(page, typed).status()).isEqualTo(302);
    var listed = browser.get(page).body();
    assertThat(listed).contains("Friday at 03:00, Berlin time", "Keeps 7 daily", "Calendar", "tone-ok\">On<");
    var id = asAcme.get(path()).text("/0/id");
    assertThat(browser.get(page + "?edit=" + id).body()).contains("Change schedule", "0 3 * * 1-5",
        page + "/" + id);
    typed.put("daily", "many");
    var wrong = browser.post(page + "/" + id, typed);
    assertThat(wrong.status()).isEqualTo(422);
    assertThat(wrong.body()).contains("Write numbers from 0 to 1000", "value=\"many\"");
    typed.put("daily", "3");
    typed.remove("enabled");
    assertThat(browser.post(page + "/" + id, typed).status()).isEqualTo(302);
    assertThat(browser.get(page).body()).contains("Keeps 3 daily", "tone-quiet\">Off<");
    assertThat(browser.post(page + "/" + id + "/remove", Map.of()).status()).isEqualTo(302);
    assertThat(browser.get(page).body()).contains("Nothing is backed up by itself yet");
  }
}
