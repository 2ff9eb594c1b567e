package io.chom.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.testing.Rig;
import io.chom.testing.RigHost;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Backups that lie elsewhere, with real servers: OpenSSH on another host, another server of the panel, restic's REST
 * protocol as rclone serves it, and S3Proxy; the last two over TLS.
 */
@Tag("acceptance")
class TargetsAcceptanceIT {
  @RegisterExtension
  static final Rig rig = Rig.of(2);
  @TempDir
  static Path directory;
  static PanelOnRig panel;
  static String otherServer;
  static Site site;

  private record Site(String id, String user) {
    String backups() {
      return "/sites/" + id + "/backups";
    }
  }

  @BeforeAll
  static void twoServersAndASite() throws Exception {
    panel = PanelOnRig.start(directory, Map.of("CHOM_OUTBOUND_ALLOW", network()));
    var server = panel.enrol(host(), "web-1");
    otherServer = panel.enrol(other(), "web-2");
    var made = panel.api().post("/sites", Map.of("domain", "shop.example", "type", "php", "serverId", server)).ok();
    panel.succeeded(made);
    var id = made.path("id").asString();
    site = new Site(id, panel.api().get("/sites/" + id).ok().path("systemUser").asString());
    panel.succeeded(panel.api().post("/sites/" + id + "/databases", Map.of("name", "main")).ok());
    // so that there is a place on the other server, which then looks at the backups
    panel.succeeded(panel.api().post("/sites", Map.of("domain", "blog.example", "type", "static", "serverId",
        otherServer)).ok());
  }

  @AfterAll
  static void stop() throws Exception {
    panel.close();
  }

  @Test
  void anSftpHostIsLetInByKeysAloneAndItsOwnKeyIsBelievedUntilSomebodyComparedAnother() {
    other().sh("useradd --create-home --shell /bin/bash keeper && install -d -o keeper -g keeper ~keeper/backups");
    var created = panel.api().post("/backup-targets", Map.of("name", "box", "kind", "sftp", "location",
        "sftp://keeper@" + other().address() + "/backups")).ok().path("target");
    var target = created.path("id").asString();
    assertThat(created.path("status").asString()).isEqualTo("NEW");
    assertThat(created.path("fingerprint").asString()).isEqualTo(other().hostKeyFingerprint());
    assertThat(panel.api().post(site.backups(), Map.of("type", "full", "target", target)).body().path("code")
        .asString()).isEqualTo("TARGET_NOT_READY");
    var outside = check(target, Map.of());
    assertThat(outside.path("status").asString()).as("the key is not let in yet").isEqualTo("NEW");
    assertThat(outside.path("checkFailure").asString()).contains(other().address(), "keeper");
    other().sh("install -d -m 700 -o keeper -g keeper ~keeper/.ssh && echo '" + created.path("publicKey").asString()
        + "' >~keeper/.ssh/authorized_keys && chown keeper: ~keeper/.ssh/authorized_keys");
    assertThat(check(target, Map.of()).path("status").asString()).isEqualTo("READY");

    var backup = comesBack(target);
    assertThat(other().sh("ls ~keeper/backups/" + site.id())).contains("config", "snapshots");

    other().newHostKey();
    var changed = check(target, Map.of());
    assertThat(changed.path("status").asString()).as("%s", changed).isEqualTo("UNREACHABLE");
    assertThat(changed.path("checkFailure").asString()).contains("host key");
    var refused = panel.ended(panel.api().post(site.backups(), Map.of("type", "full", "target", target)).ok());
    assertThat(refused.path("error").path("code").asString()).as("%s", refused).isEqualTo("REPOSITORY_UNREACHABLE");
    assertThat(panel.api().post("/backup-targets/" + target + "/check",
        Map.of("fingerprint", "SHA256:" + "A".repeat(43))).body().path("code").asString())
        .isEqualTo("FINGERPRINT_DIFFERS");
    assertThat(check(target, Map.of("fingerprint", other().hostKeyFingerprint())).path("status").asString())
        .isEqualTo("READY");
    goes(backup, target);
  }

  @Test
  void aRestServerIsGotIntoBeforeItIsKept() throws Exception {
    try (var rest = BackupKeeper.rest(directory, beside())) {
      keepsBackups(rest);
    }
  }

  @Test
  void anS3BucketIsGotIntoBeforeItIsKept() throws Exception {
    try (var s3 = BackupKeeper.s3(directory, beside())) {
      keepsBackups(s3);
    }
  }

  private static void keepsBackups(BackupKeeper keeper) throws Exception {
    var wrong = keeper.wanted("vault");
    wrong.put("password", "another");
    var refused = panel.api().post("/backup-targets", wrong);
    assertThat(refused.status()).as("%s", refused.body()).isEqualTo(422);
    assertThat(refused.body().path("detail").asString()).contains(keeper.address());
    var unknown = keeper.wanted("vault");
    unknown.remove("authorities");
    assertThat(panel.api().post("/backup-targets", unknown).body().path("detail").asString()).contains("certificate");
    assertThat(names()).doesNotContain("vault");

    var target = panel.api().post("/backup-targets", keeper.wanted("vault")).ok().path("target").path("id").asString();
    var backup = comesBack(target);
    assertThat(panel.process().output()).doesNotContain(BackupKeeper.PASSWORD);
    assertThat(host().sh("journalctl --no-pager | grep -cF '" + BackupKeeper.PASSWORD + "' || true").strip())
        .isEqualTo("0");
    goes(backup, target);

    var gone = keeper.wanted("gone");
    keeper.close();
    var away = panel.api().post("/backup-targets", gone);
    assertThat(away.status()).as("nobody listens there").isEqualTo(422);
    assertThat(names()).doesNotContain("gone");
  }

  @Test
  void whereNothingCanBeRemovedThePanelDoesNotTry() throws Exception {
    try (var rest = BackupKeeper.rest(directory, beside(), "--append-only")) {
      var target = panel.api().post("/backup-targets", rest.wanted("for ever")).ok().path("target");
      assertThat(target.path("appendOnly").asBoolean()).isTrue();
      var backup = comesBack(target.path("id").asString());
      var refused = panel.api().delete(site.backups() + "/" + backup);
      assertThat(refused.body().path("code").asString()).isEqualTo("TARGET_KEEPS_ALL");
    }
  }

  @Test
  void anotherServerOfThePanelKeepsBackupsForALoginThatCanDoNothingElse() {
    var accepted = panel.api().post("/backup-targets", Map.of("name", "web-2", "kind", "server", "on", otherServer))
        .ok();
    panel.succeeded(accepted);
    var target = accepted.path("target").path("id").asString();
    PanelProcess.await("it to be got into",
        () -> panel.api().get("/backup-targets/" + target).ok().path("status").asString().equals("READY"));
    var backup = comesBack(target);
    goes(backup, target);
  }

  /** A backup there is proven, and brings back what was lost. */
  private static String comesBack(String target) {
    content("first " + target);
    var asked = panel.api().post(site.backups(), Map.of("type", "full", "target", target)).ok();
    panel.succeeded(asked);
    var backup = asked.path("id").asString();
    panel.succeeded(panel.api().post(site.backups() + "/" + backup + "/verify", Map.of()).ok());
    var shown = panel.api().get(site.backups() + "/" + backup).ok().path("backup");
    assertThat(shown.path("proof").asString()).isEqualTo("PROVEN");
    assertThat(shown.path("targetId").asString()).isEqualTo(target);
    provenElsewhere(panel.api().get(site.backups() + "/" + backup).ok().path("lastProof"));
    content("second");
    panel.succeeded(panel.api().post(site.backups() + "/" + backup + "/restore", Map.of("what", "full")).ok());
    assertThat(host().sh("cat " + page() + "; mariadb -N " + site.user() + "_main -e 'select text from note'"))
        .isEqualTo("first " + target + "\nfirst " + target);
    return backup;
  }

  /** The other host has neither the site nor its user, and yet its page was there and its table. */
  private static void provenElsewhere(JsonNode proof) {
    assertThat(proof.path("serverId").asString()).as("%s", proof).isEqualTo(otherServer);
    assertThat(proof.path("server").asString()).isEqualTo("web-2");
    assertThat(proof.path("answered").asInt()).as("%s", proof).isEqualTo(200);
    assertThat(proof.path("tables").asInt()).isEqualTo(1);
    assertThat(proof.path("skipped").isEmpty()).as("%s", proof).isTrue();
    assertThat(other().sh("getent passwd " + site.user() + " || true; ls -d /srv/chom/sites/" + site.user()
        + " 2>/dev/null || true; mariadb -N -e \"select count(*) from mysql.global_priv where user like '" + site.user()
        + "%'\"").strip()).as("nothing of it stays there").isEqualTo("0");
  }

  /** The backup is removed there, and then the target. */
  private static void goes(String backup, String target) {
    assertThat(panel.api().delete("/backup-targets/" + target).body().path("code").asString())
        .isEqualTo("TARGET_IN_USE");
    panel.succeeded(panel.api().delete(site.backups() + "/" + backup).ok());
    var removed = panel.api().delete("/backup-targets/" + target);
    assertThat(removed.status()).as("%s", removed.body()).isBetween(200, 204);
    if (removed.status() == 202) {
      panel.succeeded(removed.ok());
    }
    assertThat(panel.api().get("/backup-targets/" + target).status()).isEqualTo(404);
  }

  private static void content(String text) {
    host().sh("""
        echo '%3$s' >%2$s
        chown %1$s: %2$s
        mariadb '%1$s_main' -e "create or replace table note (text varchar(99)); insert into note values ('%3$s')"
        """.formatted(site.user(), page(), text));
  }

  private static String page() {
    return "/srv/chom/sites/" + site.user() + "/current/public/page.html";
  }

  private static JsonNode check(String target, Map<String, String> how) {
    return panel.api().post("/backup-targets/" + target + "/check", how).ok();
  }

  private static List<String> names() {
    return panel.api().get("/backup-targets").ok().valueStream().map(one -> one.path("name").asString()).toList();
  }

  private static RigHost host() {
    return rig.full(0);
  }

  private static RigHost other() {
    return rig.full(1);
  }

  private static String network() {
    return host().address().replaceFirst("[0-9]+$", "0/24");
  }

  private static String beside() {
    return host().address().replaceFirst("[0-9]+$", "1");
  }
}
