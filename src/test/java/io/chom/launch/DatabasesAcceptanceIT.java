package io.chom.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.ChomApplication;
import io.chom.testing.Rig;
import io.chom.testing.RigHost;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Databases on a real host with the real MariaDB, asked for through the panel's API and used from PHP. */
@Tag("acceptance")
class DatabasesAcceptanceIT {
  private static final String TOKEN = "chom_acceptance_0123456789abcdefghijklmnopqrst";

  @RegisterExtension
  static final Rig rig = Rig.of(1);
  @TempDir
  static Path directory;
  static PanelProcess panel;
  static Api api;

  private record Site(String id, String user, String domain) {
    String databases() {
      return "/sites/" + id + "/databases";
    }
  }

  /** Where a database is, and the operation that was asked for last. */
  private record Database(Site site, String id, String name, String operation) {
    String path() {
      return site.databases() + "/" + id;
    }

    String whole() {
      return site.user() + "_" + name;
    }
  }

  @BeforeAll
  static void enrolTheHost() throws Exception {
    start();
    var host = host();
    var scanned = api.post("/server-enrolments", Map.of("host", host.address(), "port", host.port())).ok();
    api.post("/server-enrolments/" + scanned.path("id").asString() + "/approval",
        Map.of("fingerprint", host.hostKeyFingerprint(), "name", "web-1", "user", host.login().user(), "password",
            host.login().password()))
        .ok();
    PanelProcess.await("the server to be ready", () -> {
      var servers = api.get("/servers").ok().path("items");
      return servers.size() == 1 && servers.get(0).path("status").asString().equals("READY");
    });
  }

  @AfterAll
  static void stop() throws Exception {
    panel.close();
  }

  @AfterEach
  void nothingStaysBroken() {
    host().heal();
    host().sh("systemctl start mariadb");
  }

  @Test
  void aSiteUsesItsDatabaseAndAnotherSiteReachesItByNoWay() {
    var shop = site("shop.example");
    var other = site("other.example");
    var database = create(shop, "main");
    succeeded(database.operation());
    var login = api.post(database.path() + "/password", Map.of()).ok();
    var password = login.path("password").asString();
    assertThat(api.post(database.path() + "/password", Map.of()).status()).isEqualTo(409);
    assertThat(page(shop, login.path("login").asString(), password, "main")).isEqualTo("wrote größe 🦊");

    var theirs = create(other, "main");
    succeeded(theirs.operation());
    var theirPassword = api.post(theirs.path() + "/password", Map.of()).ok().path("password").asString();
    assertThat(page(other, theirs.whole(), theirPassword, "main")).isEqualTo("wrote größe 🦊");
    page(other, theirs.whole(), theirPassword, database.whole(), "refused 1044");
    page(other, database.whole(), theirPassword, database.whole(), "refused 1045");

    // what somebody was shown is written down nowhere
    assertThat(host().sh("grep -rl " + password + " /var/lib/vpsmanager /run /var/log /etc /var/lib/mysql || true"))
        .isBlank();
    assertThat(panel.output()).doesNotContain(password);
    assertThat(operation(database.operation()).toString() + api.events(database.operation())).doesNotContain(password);

    var renewed = api.post(database.path() + "/new-password", Map.of()).ok().path("operation").path("id").asString();
    succeeded(renewed);
    page(shop, database.whole(), password, database.whole(), "refused 1045");
    var second = api.post(database.path() + "/password", Map.of()).ok().path("password").asString();
    assertThat(page(shop, database.whole(), second, "main")).isEqualTo("wrote größe 🦊");
  }

  @Test
  void droppedItIsGoneButForACopyAndWithItsSiteNothingIsLeft() {
    var site = site("gone.example");
    var first = create(site, "first");
    var second = create(site, "second");
    succeeded(first.operation());
    succeeded(second.operation());
    var dropped = api.delete(first.path()).ok().path("operation").path("id").asString();
    assertThat(api.delete(first.path()).status()).as("twice at once").isEqualTo(409);
    succeeded(dropped);
    assertThat(api.get(first.path()).status()).isEqualTo(404);
    assertThat(inMariadb(site)).contains(second.whole()).doesNotContain(first.whole());
    assertThat(host().sh("ls -l /srv/chom/retained/databases")).contains("-rw-------", first.whole());

    var deleted = api.delete("/sites/" + site.id() + "?purge=true").ok().path("operation").path("id").asString();
    succeeded(deleted);
    assertThat(inMariadb(site)).isBlank();
    assertThat(host().sh("ls /srv/chom/retained/databases /var/lib/vpsmanager/databases"))
        .doesNotContain(site.user());
  }

  @Test
  void whileMariadbIsStoppedThePanelSaysSoAndTheWorkSucceedsWhenItIsBack() {
    var site = site("away.example");
    host().sh("systemctl stop mariadb");
    var database = create(site, "main");
    PanelProcess.await("the reason to be shown",
        () -> operation(database.operation()).path("error").path("code").asString("").equals("DEPENDENCY_FAILED"));
    assertThat(operation(database.operation()).path("error").path("message").asString()).contains("MariaDB");
    host().sh("systemctl start mariadb");
    PanelProcess.await("the database", () -> {
      var state = api.get(database.path()).ok().path("status").asString();
      if (state.equals("FAILED")) {
        api.post(database.path() + "/new-password", Map.of());
      }
      return state.equals("ACTIVE");
    });
    var password = api.post(database.path() + "/password", Map.of()).ok().path("password").asString();
    assertThat(page(site, database.whole(), password, "main")).isEqualTo("wrote größe 🦊");
  }

  @Test
  void aPanelThatDiesAndAServerThatIsAwayLoseNothing() throws Exception {
    var site = site("dying.example");
    host().stopSsh();
    host().exec("bash", "-c", "for pid in $(pgrep -f '^sshd: chom'); do kill -9 $pid; done");
    var database = create(site, "main");
    PanelProcess.await("a first try", () -> operation(database.operation()).path("error").isObject());
    panel.kill();
    host().startSsh();
    start();
    succeeded(database.operation());
    var password = api.post(database.path() + "/password", Map.of()).ok().path("password").asString();
    assertThat(page(site, database.whole(), password, "main")).isEqualTo("wrote größe 🦊");
    assertThat(inMariadb(site).lines().filter(line -> line.equals(database.whole())))
        .as("one database and one login").hasSize(2);
  }

  @Test
  void whatASiteUsesIsMeasuredAndShownWithItsAge() {
    var site = site("large.example");
    host().sh("head -c 7000000 /dev/urandom >/srv/chom/sites/" + site.user() + "/shared/large");
    PanelProcess.await("the site's storage", () -> {
      var shown = api.get("/sites/" + site.id()).ok();
      return shown.path("storageUsedMb").asLong() >= 7 && !shown.path("storageAt").asString("").isEmpty();
    });
  }

  private static void start() throws IOException {
    var settings = new HashMap<>(Map.of("CHOM_DATA_DIR", directory.resolve("data").toString(), "CHOM_DEMO", "false",
        "CHOM_BOOTSTRAP_OPERATOR_EMAIL", "ops@example.org", "CHOM_BOOTSTRAP_OPERATOR_PASSWORD",
        "correct horse battery", "CHOM_BOOTSTRAP_TOKEN", TOKEN, "CHOM_STATS_EVERY", "5s"));
    panel = PanelProcess.start(ChomApplication.class, settings).ready();
    api = new Api(panel.port(), TOKEN);
    PanelProcess.await("the panel to answer", () -> api.get("/me").status() == 200);
  }

  private static RigHost host() {
    return rig.full(0);
  }

  private static Site site(String domain) {
    var body = api.post("/sites", Map.of("domain", domain, "type", "php")).ok();
    succeeded(body.path("operation").path("id").asString());
    var id = body.path("id").asString();
    return new Site(id, api.get("/sites/" + id).ok().path("systemUser").asString(), domain);
  }

  private static Database create(Site site, String name) {
    var body = api.post(site.databases(), Map.of("name", name)).ok();
    return new Database(site, body.path("id").asString(), name, body.path("operation").path("id").asString());
  }

  private static JsonNode operation(String id) {
    return api.get("/operations/" + id).ok();
  }

  private static void succeeded(String id) {
    PanelProcess.await("the operation to end", () -> {
      var status = operation(id).path("status").asString();
      return status.equals("SUCCEEDED") || status.equals("FAILED") || status.equals("CANCELLED");
    });
    assertThat(operation(id).path("status").asString()).as("%s", operation(id)).isEqualTo("SUCCEEDED");
  }

  /** What a visitor of the site sees of its own database, through PHP. */
  private static String page(Site site, String login, String password, String name) {
    return visit(site, login, password, site.user() + "_" + name);
  }

  private static void page(Site site, String login, String password, String database, String seen) {
    assertThat(visit(site, login, password, database)).isEqualTo(seen);
  }

  private static String visit(Site site, String login, String password, String database) {
    host().sh("""
        cat >/srv/chom/sites/%s/current/public/database.php <<'PHP'
        <?php
        mysqli_report(MYSQLI_REPORT_OFF);
        $db = @mysqli_connect('localhost', '%s', '%s', '%s');
        if (!$db) { echo 'refused ', mysqli_connect_errno(); exit; }
        mysqli_query($db, 'create table if not exists note (text varchar(99))');
        mysqli_query($db, "insert into note values ('größe 🦊')");
        echo 'wrote ', mysqli_fetch_row(mysqli_query($db, 'select text from note limit 1'))[0];
        PHP
        chmod 644 /srv/chom/sites/%1$s/current/public/database.php
        """.formatted(site.user(), login, password, database));
    return host().get(site.domain(), "/database.php").body().strip();
  }

  private static String inMariadb(Site site) {
    return host().sh("""
        mariadb -N -e "show databases like '%1$s%%'; select user from mysql.global_priv where user like '%1$s%%';
          select concat('grant on ', db) from mysql.db where user like '%1$s%%'"
        """.formatted(site.user()));
  }
}
