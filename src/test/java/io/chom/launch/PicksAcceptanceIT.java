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

/** Parts of a backup, and backups in other sites on the same and on another real host, asked for through the API. */
@Tag("acceptance")
class PicksAcceptanceIT {
  @RegisterExtension
  static final Rig rig = Rig.of(2);
  @TempDir
  static Path directory;
  static PanelOnRig panel;
  static List<String> servers;

  private record Site(String id, String user, String domain, RigHost host) {
    String backups() {
      return "/sites/" + id + "/backups";
    }
  }

  @BeforeAll
  static void enrolTwoHosts() throws Exception {
    panel = PanelOnRig.start(directory, Map.of("CHOM_OUTBOUND_ALLOW", rig.full(1).address()));
    panel.enrol(rig.full(0), "web-1");
    panel.enrol(rig.full(1), "web-2");
    var known = panel.api().get("/servers").ok().path("items");
    servers = List.of(id(known, "web-1"), id(known, "web-2"));
  }

  private static String id(JsonNode servers, String name) {
    return servers.valueStream().filter(one -> one.path("name").asString().equals(name)).findFirst().orElseThrow()
        .path("id").asString();
  }

  @AfterAll
  static void stop() throws Exception {
    panel.close();
  }

  private static Site site(String domain, int on) {
    var made = panel.api().post("/sites", Map.of("domain", domain, "type", "php", "serverId", servers.get(on))).ok();
    panel.succeeded(made);
    return known(made.path("id").asString(), on);
  }

  private static Site known(String id, int on) {
    var body = panel.api().get("/sites/" + id).ok();
    return new Site(id, body.path("systemUser").asString(), body.path("domain").asString(), rig.full(on));
  }

  /** A page that says what its settings name and what its database has, as WordPress would be set up. */
  private static Site filled(String domain) {
    var site = site(domain, 0);
    panel.succeeded(panel.api().post("/sites/" + site.id() + "/databases", Map.of("name", "main")).ok());
    site.host()
        .sh("""
            cd /srv/chom/sites/%1$s/current/public
            mariadb -e "alter user '%1$s_main'@localhost identified by 'known-known-known'"
            cat >wp-config.php <<'PHP'
            <?php
            define( 'DB_NAME', '%1$s_main' );
            define( 'DB_USER', '%1$s_main' );
            define( 'DB_PASSWORD', 'known-known-known' );
            PHP
            cat >page.php <<'PHP'
            <?php require 'wp-config.php'; $m = new mysqli('localhost', DB_USER, DB_PASSWORD, DB_NAME);
            echo DB_NAME, ' ', $m->query('select text from note')->fetch_row()[0], ' ', defined('WP_HOME') ? WP_HOME : 'none';
            PHP
            chown %1$s: *.php
            chmod 640 *.php
            mariadb %1$s_main -e "create table note (text varchar(99)); insert into note values ('first');
              create table other (a int); insert into other values (1)"
            """
            .formatted(site.user()));
    assertThat(seen(site)).isEqualTo(site.user() + "_main first none");
    return site;
  }

  private static String seen(Site site) {
    return site.host().get(site.domain(), "/page.php").body().strip();
  }

  private static String taken(Site site, Map<String, ?> wanted) {
    var asked = panel.api().post(site.backups(), wanted).ok();
    panel.succeeded(asked);
    return asked.path("id").asString();
  }

  private static JsonNode restored(Site site, String backup, Map<String, ?> wanted) {
    var asked = panel.api().post(site.backups() + "/" + backup + "/restore", wanted).ok();
    panel.succeeded(asked);
    return asked;
  }

  private static void undone(Site site) {
    panel.succeeded(panel.api().post(site.backups() + "/undo-restore", Map.of()).ok());
  }

  @Test
  void oneTableAndOneFileComeBackAndNothingElseChanges() {
    var site = filled("parts.example");
    var backup = taken(site, Map.of("type", "full"));
    var tables = panel.api().get(site.backups() + "/" + backup + "/contents?what=tables&database=main").ok();
    assertThat(tables.path("items").valueStream().map(one -> one.path("name").asString()).toList())
        .containsExactly("note", "other");
    var files = panel.api().get(site.backups() + "/" + backup + "/contents?path=releases/first/public").ok();
    assertThat(files.path("items").valueStream().map(one -> one.path("name").asString()).toList())
        .containsExactly("index.php", "page.php", "wp-config.php");
    site.host().sh("mariadb %1$s_main -e \"update note set text = 'ruined'; update other set a = 2\"; rm "
        .formatted(site.user()) + "/srv/chom/sites/" + site.user() + "/current/public/page.php");
    restored(site, backup, Map.of("what", "files", "paths", List.of("releases/first/public/page.php")));
    assertThat(seen(site)).isEqualTo(site.user() + "_main ruined none");
    restored(site, backup, Map.of("what", "database", "database", "main", "tables", List.of("note")));
    assertThat(seen(site)).isEqualTo(site.user() + "_main first none");
    assertThat(site.host().sh("mariadb -N " + site.user() + "_main -e 'select a from other'").strip()).isEqualTo("2");
    undone(site);
    assertThat(seen(site)).isEqualTo(site.user() + "_main ruined none");
  }

  @Test
  void aBackupComesIntoAnotherSiteAndANewOneOnTheSameServerAndSaysWhereItCannot() {
    var site = filled("source.example");
    var backup = taken(site, Map.of("type", "full"));
    var other = site("other.example", 0);
    var far = site("far.example", 1);
    var refused = panel.api().post(site.backups() + "/" + backup + "/restore",
        Map.of("what", "full", "to", far.id()));
    assertThat(refused.status()).isEqualTo(422);
    assertThat(refused.body().path("detail").asString()).contains("web-1", "web-2");

    restored(site, backup, Map.of("what", "full", "to", other.id()));
    assertThat(seen(other)).isEqualTo(other.user() + "_main first http://other.example");
    assertThat(seen(site)).isEqualTo(site.user() + "_main first none");
    undone(other);
    assertThat(other.host().get(other.domain(), "/").body()).contains("other.example is ready");

    var made = restored(site, backup, Map.of("what", "full", "newSite", Map.of("domain", "copy.example")));
    var copy = known(made.path("id").asString(), 0);
    assertThat(seen(copy)).isEqualTo(copy.user() + "_main first http://copy.example");
    assertThat(panel.api().get("/sites/" + copy.id()).ok().path("status").asString()).isEqualTo("ACTIVE");
    assertThat(seen(site)).isEqualTo(site.user() + "_main first none");
  }

  @Test
  void aBackupThatLiesElsewhereComesIntoANewSiteOnAnotherServer() {
    var site = filled("moving.example");
    var target = storageOn(rig.full(1));
    var backup = taken(site, Map.of("type", "full", "target", target));
    var moved = restored(site, backup,
        Map.of("what", "full", "newSite", Map.of("domain", "moved.example", "serverId", servers.get(1))));
    var there = known(moved.path("id").asString(), 1);
    assertThat(seen(there)).isEqualTo(there.user() + "_main first http://moved.example");
    assertThat(seen(site)).isEqualTo(site.user() + "_main first none");
    undone(there);
    assertThat(there.host().get(there.domain(), "/").body()).contains("moved.example is ready");
  }

  /** A login by SFTP that lets in the key of the target alone. */
  private static String storageOn(RigHost host) {
    host.sh("useradd --create-home --password '*' storage");
    var made = panel.api().post("/backup-targets", Map.of("name", "storage", "kind", "sftp", "location",
        "sftp://storage@" + host.address() + ":" + host.port() + "/backups")).ok().path("target");
    host.sh("install -d -m 700 -o storage -g storage /home/storage/.ssh && echo '"
        + made.path("publicKey").asString()
        + "' >/home/storage/.ssh/authorized_keys && chown storage: /home/storage/.ssh/authorized_keys");
    var id = made.path("id").asString();
    var checked = panel.api().post("/backup-targets/" + id + "/check",
        Map.of("server", servers.getFirst(), "fingerprint", made.path("fingerprint").asString())).ok();
    assertThat(checked.path("status").asString()).as("%s", checked).isEqualTo("READY");
    return id;
  }
}
