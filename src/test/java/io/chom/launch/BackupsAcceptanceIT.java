package io.chom.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.testing.Rig;
import io.chom.testing.RigHost;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Backups of sites on a real host with the real MariaDB, asked for through the panel's API. */
@Tag("acceptance")
class BackupsAcceptanceIT {
  @RegisterExtension
  static final Rig rig = Rig.of(1);
  @TempDir
  static Path directory;
  static PanelOnRig panel;

  private record Site(String id, String user, String domain) {
    String path() {
      return "/sites/" + id;
    }

    String backups() {
      return path() + "/backups";
    }

    String database() {
      return user + "_main";
    }
  }

  @BeforeAll
  static void enrolTheHost() throws Exception {
    panel = PanelOnRig.start(directory, Map.of());
    panel.enrol(host(), "web-1");
  }

  @AfterAll
  static void stop() throws Exception {
    panel.close();
  }

  @Test
  void aSiteWithItsDatabaseIsProvenBroughtBackInPartsAndWholeAndThatIsTakenBack() {
    var site = site("shop.example");
    // one without a table is nothing to complain of
    panel.succeeded(panel.api().post(site.path() + "/databases", Map.of("name", "empty")).ok());
    content(site, "first");
    var backup = taken(site, "full");
    var shown = one(site, backup).path("backup");
    assertThat(shown.path("databases").toString()).isEqualTo("[\"empty\",\"main\"]");
    assertThat(shown.path("files").asInt()).isPositive();

    panel.succeeded(panel.api().post(site.backups() + "/" + backup + "/verify", Map.of()).ok());
    var proof = one(site, backup).path("lastProof");
    assertThat(proof.path("outcome").asString()).as("%s", proof).isEqualTo("PROVEN");
    assertThat(proof.path("tables").asInt()).isEqualTo(1);
    assertThat(proof.path("rows").asInt()).isEqualTo(1);

    content(site, "second");
    panel.succeeded(restore(site, backup, Map.of("what", "database", "database", "main")));
    assertThat(seen(site)).isEqualTo("page second, row first");
    panel.succeeded(restore(site, backup, Map.of("what", "full")));
    assertThat(seen(site)).isEqualTo("page first, row first");
    assertThat(host().get(site.domain(), "/page.html").body().strip()).isEqualTo("first");
    panel.succeeded(panel.api().post(site.backups() + "/undo-restore", Map.of()).ok());
    assertThat(seen(site)).isEqualTo("page second, row first");
    assertThat(panel.api().post(site.backups() + "/undo-restore", Map.of()).status()).isEqualTo(409);

    panel.succeeded(panel.api().post(site.path() + "/disable", Map.of()).ok());
    panel.succeeded(restore(site, backup, Map.of("what", "full")));
    assertThat(panel.api().get(site.path()).ok().path("status").asString()).isEqualTo("DISABLED");
    assertThat(host().get(site.domain(), "/page.html").body()).doesNotContain("first");
    panel.succeeded(panel.api().post(site.path() + "/enable", Map.of()).ok());
    assertThat(seen(site)).isEqualTo("page first, row first");
  }

  @Test
  void aDamagedBackupIsBrokenAndReplacesNothing() {
    var site = site("damaged.example");
    content(site, "first");
    var backup = taken(site, "full");
    content(site, "second");
    host()
        .sh("""
            for pack in $(find /var/backups/chom/%s/data -type f); do
              size=$(stat -c %%s "$pack")
              for ((at = 50; at < size; at += 200)); do printf x | dd of="$pack" bs=1 seek=$at conv=notrunc status=none; done
            done
            """
            .formatted(site.id()));
    panel.succeeded(panel.api().post(site.backups() + "/" + backup + "/verify", Map.of()).ok());
    assertThat(one(site, backup).path("backup").path("proof").asString()).isEqualTo("BROKEN");
    var refused = panel.ended(restore(site, backup, Map.of("what", "full")));
    assertThat(refused.path("error").path("code").asString()).as("%s", refused).isEqualTo("REPOSITORY_DAMAGED");
    assertThat(panel.api().get(site.path()).ok().path("status").asString()).isEqualTo("ACTIVE");
    assertThat(seen(site)).isEqualTo("page second, row second");
  }

  @Test
  void aBackupOutlivesItsSiteAndGoesWhenItIsRemoved() {
    var site = site("gone.example");
    content(site, "first");
    var backup = taken(site, "full");
    panel.succeeded(panel.api().delete(site.path() + "?purge=true").ok());
    assertThat(panel.api().get(site.backups()).ok().path("items").get(0).path("siteDeleted").asBoolean()).isTrue();
    assertThat(host().sh("ls /srv/chom/sites; id " + site.user() + " 2>&1 || true")).contains("no such user");
    assertThat(panel.api().post(site.backups() + "/" + backup + "/verify", Map.of()).status()).isEqualTo(409);
    panel.succeeded(panel.api().delete(site.backups() + "/" + backup).ok());
    assertThat(panel.api().get(site.backups()).ok().path("items").size()).isZero();
    assertThat(host().sh("find /var/backups/chom/" + site.id() + "/snapshots -type f | wc -l")).isEqualTo("0");
  }

  @Test
  void aRestoreThatIsCancelledBetweenTwoStatesIsNotCalledGoodUntilItIsMadeToTheEnd() {
    var site = site("half.example");
    content(site, "first");
    var backup = taken(site, "full");
    content(site, "second");
    // somebody reads: the database cannot be replaced
    host().sh(
        "setsid -f mariadb %s -e 'lock tables note read; do sleep(300)' >/dev/null 2>&1".formatted(site.database()));
    var accepted = restore(site, backup, Map.of("what", "full"));
    var operation = accepted.path("operation").path("id").asString();
    PanelProcess.await("the database's turn", () -> panel.operation(operation).path("progress").asInt() >= 36);
    panel.api().post("/operations/" + operation + "/cancel", Map.of()).ok();
    assertThat(panel.ended(accepted).path("status").asString()).isEqualTo("CANCELLED");
    host().sh("""
        for id in $(mariadb -N -e "select id from information_schema.processlist where info like 'do sleep%'"); do
          mariadb -e "kill $id"
        done
        """);
    var half = panel.api().get(site.path()).ok();
    assertThat(half.path("status").asString()).as("%s", half).isEqualTo("FAILED");
    assertThat(panel.api().post(site.path() + "/try-again", Map.of()).body().path("code").asString())
        .isEqualTo("HALF_RESTORED");
    assertThat(panel.api().post(site.backups(), Map.of("type", "full")).status()).as("of what is there no backup")
        .isEqualTo(409);
    panel.succeeded(restore(site, backup, Map.of("what", "full")));
    assertThat(panel.api().get(site.path()).ok().path("status").asString()).isEqualTo("ACTIVE");
    assertThat(seen(site)).isEqualTo("page first, row first");
    assertThat(host().get(site.domain(), "/page.html").body().strip()).isEqualTo("first");
    panel.succeeded(panel.api().post(site.backups() + "/undo-restore", Map.of()).ok());
    assertThat(seen(site)).as("what was there before it all began").isEqualTo("page second, row second");
  }

  @Test
  void aPanelThatDiesWhileABackupIsTakenFindsItDoneOnce() throws Exception {
    var site = site("dying.example");
    content(site, "first");
    host().sh("head -c 60000000 /dev/urandom >/srv/chom/sites/" + site.user() + "/shared/large");
    var asked = panel.api().post(site.backups(), Map.of("type", "files")).ok();
    var operation = asked.path("operation").path("id").asString();
    PanelProcess.await("it to be on its way", () -> panel.operation(operation).path("progress").asInt() >= 15);
    panel.dies();
    panel.succeeded(asked);
    assertThat(one(site, asked.path("id").asString()).path("backup").path("status").asString()).isEqualTo("COMPLETED");
    assertThat(host().sh("find /var/backups/chom/" + site.id() + "/snapshots -type f | wc -l"))
        .as("the data and its manifest").isEqualTo("2");
  }

  private static RigHost host() {
    return rig.full(0);
  }

  private static Site site(String domain) {
    var body = panel.api().post("/sites", Map.of("domain", domain, "type", "php")).ok();
    panel.succeeded(body);
    var id = body.path("id").asString();
    var site = new Site(id, panel.api().get("/sites/" + id).ok().path("systemUser").asString(), domain);
    panel.succeeded(panel.api().post("/sites/" + id + "/databases", Map.of("name", "main")).ok());
    return site;
  }

  /** The site's one page and the one row of its database say this. */
  private static void content(Site site, String text) {
    host().sh("""
        printf %%s '%2$s' >/srv/chom/sites/%1$s/current/public/page.html
        chown %1$s: /srv/chom/sites/%1$s/current/public/page.html
        chmod 644 /srv/chom/sites/%1$s/current/public/page.html
        mariadb '%1$s_main' -e "create or replace table note (text varchar(99)); insert into note values ('%2$s')"
        """.formatted(site.user(), text));
  }

  private static String seen(Site site) {
    return "page " + host().sh("cat /srv/chom/sites/" + site.user() + "/current/public/page.html").strip() + ", row "
        + host().sh("mariadb -N " + site.database() + " -e 'select text from note'").strip();
  }

  private static String taken(Site site, String type) {
    var asked = panel.api().post(site.backups(), Map.of("type", type)).ok();
    panel.succeeded(asked);
    return asked.path("id").asString();
  }

  private static JsonNode restore(Site site, String backup, Map<String, String> what) {
    return panel.api().post(site.backups() + "/" + backup + "/restore", what).ok();
  }

  private static JsonNode one(Site site, String backup) {
    return panel.api().get(site.backups() + "/" + backup).ok();
  }
}
