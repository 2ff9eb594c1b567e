package io.chom.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.testing.AgentHost.Site;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;

/** Parts of a backup, and backups of other sites, on a real host with its MariaDB, PHP and web server. */
@Tag("acceptance")
class PickOnHostAcceptanceIT {
  private static final String KEY = "correct-horse-battery-staple-0123456789";
  private static final String PASSWORD = "correct-horse-battery";
  private static final String NEW_PASSWORD = "another-horse-battery-0123";
  private static final String FILLED = """
      CREATE TABLE `odd ``n'ame` (id INT PRIMARY KEY, b BLOB, t TEXT, d DATETIME) ENGINE=InnoDB;
      INSERT INTO `odd ``n'ame` SELECT seq, UNHEX(SHA2(seq, 256)), CONCAT('t\u00e9xt ', seq, '\\n\\'"\\\\'), '2026-01-02 03:04:05'
        FROM seq_1_to_2000;
      CREATE TABLE plain (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(150)) ENGINE=InnoDB;
      INSERT INTO plain (v) SELECT CONCAT('v', seq) FROM seq_1_to_500;
      INSERT INTO plain (v) VALUES ('a\\nCREATE DEFINER=`%1$s`@`localhost` PROCEDURE in_a_row');
      CREATE TABLE child (id INT PRIMARY KEY, plain INT NOT NULL, FOREIGN KEY (plain) REFERENCES plain (id)) ENGINE=InnoDB;
      INSERT INTO child SELECT seq, seq FROM seq_1_to_100;
      CREATE TABLE noted (what TEXT) ENGINE=InnoDB;
      CREATE VIEW seen AS SELECT p.id, o.t FROM plain p JOIN `odd ``n'ame` o ON o.id = p.id;
      DELIMITER //
      CREATE TRIGGER notes AFTER INSERT ON plain FOR EACH ROW BEGIN INSERT INTO noted VALUES (CONCAT('added;; ', NEW.v)); END//
      CREATE PROCEDURE add_one(IN x VARCHAR(50)) BEGIN INSERT INTO plain (v) VALUES (x); END//
      CREATE FUNCTION twice(x INT) RETURNS INT DETERMINISTIC RETURN 2 * x//
      CREATE EVENT cleaning ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01 00:00:00' DO DELETE FROM noted//
      DELIMITER ;
      """;

  @RegisterExtension
  static final Rig rig = Rig.of(1);

  private static AgentHost server;
  private static AgentGateway gateway;
  private static int uid = 200_700;

  private Site site;
  private String database;

  private record Backup(String id, String snapshot, String manifest) {}

  @BeforeAll
  static void prepareTheHost() {
    server = new AgentHost(rig.full(0)).install();
    gateway = server.gateway();
    gateway.change("server:prepare", Map.of()).data();
  }

  @AfterAll
  static void hangUp() {
    gateway.close();
  }

  @BeforeEach
  void aSiteWithADatabase() {
    site = made();
    database = site.user() + "_shop";
    sql(database, PASSWORD, FILLED.formatted(database));
  }

  private static Site made() {
    var site = Site.php(++uid);
    gateway.change("site:create", site.args()).data();
    gateway.change("database:create", Map.of("user", site.user(), "name", "shop"), Map.of("password", PASSWORD)).data();
    return site;
  }

  private static String sql(String login, String password, String statements) {
    return server.host()
        .shWithInput(new ByteArrayInputStream(statements.getBytes(StandardCharsets.UTF_8)), "mariadb", "-N",
            "--default-character-set=utf8mb4", "-u" + login, "-p" + password, login)
        .text().strip();
  }

  private Backup backedUp() {
    var id = UUID.randomUUID().toString();
    var data = gateway.change("backup:create", with(Map.of("backup", id, "type", "full")), Map.of("key", KEY)).data();
    return new Backup(id, data.path("snapshot").asString(), data.path("manifest").asString());
  }

  private Map<String, Object> with(Map<String, Object> more) {
    var all = new HashMap<String, Object>(
        Map.of("user", site.user(), "repository", "local:/var/backups/chom/" + site.id()));
    all.putAll(more);
    return all;
  }

  private Map<String, Object> of(Backup backup, Map<String, Object> more) {
    var all = with(Map.of("backup", backup.id(), "snapshot", backup.snapshot(), "manifest", backup.manifest()));
    all.putAll(more);
    return all;
  }

  private JsonNode restored(Backup backup, Map<String, Object> more) {
    return gateway.change("backup:restore", of(backup, more), Map.of("key", KEY)).data();
  }

  private static void undone(Site site, JsonNode restore) {
    gateway.change("backup:undo", Map.of("user", site.user(), "previous", restore.path("previous").asString())).data();
  }

  private static String dump(String database, String... without) {
    var words = new StringBuilder();
    for (String table : without) {
      words.append(" --ignore-table=").append(database).append('.').append(table);
    }
    return server.host().sh("mariadb-dump --single-transaction --routines --events --triggers --skip-comments" + words
        + " " + database);
  }

  @Test
  void singleTablesComeBackWithWhatBelongsToThemAndNothingElseOfTheDatabaseChanges() {
    var backup = backedUp();
    var good = dump(database);
    var seen = gateway.ask("backup:browse", browse(backup, Map.of("what", "tables", "database", "shop")),
        Map.of("key", KEY)).data();
    assertThat(seen.path("entries").valueStream().map(one -> one.path("name").asString()).toList())
        .containsExactly("child", "noted", "odd `n'ame", "plain");
    assertThat(gateway.ask("backup:browse", browse(backup, Map.of("what", "databases")), Map.of("key", KEY)).data()
        .path("entries").path(0).path("tables").asInt()).isEqualTo(4);

    sql(database, PASSWORD,
        "UPDATE plain SET v = 'ruined' WHERE id > 5; DROP TABLE child; DROP TRIGGER notes; TRUNCATE `odd ``n'ame`;"
            + " INSERT INTO noted VALUES ('later'); CREATE TABLE later (a INT); INSERT INTO later VALUES (1)");
    var ruins = dump(database);
    var others = sql(database, PASSWORD, "CHECKSUM TABLE noted, later");
    var answer = restored(backup, Map.of("what", "database", "database", "shop", "tables",
        List.of("plain", "odd `n'ame", "child")));
    assertThat(answer.path("tables").asInt()).isEqualTo(3);
    assertThat(answer.path("state").asString()).isEqualTo("active");
    assertThat(sql(database, PASSWORD, "CHECKSUM TABLE noted, later")).isEqualTo(others);
    sql(database, PASSWORD, "DROP TABLE later; DELETE FROM noted WHERE what = 'later'");
    assertThat(dump(database)).as("with its trigger").isEqualTo(good);
    sql(database, PASSWORD,
        "CREATE TABLE later (a INT); INSERT INTO later VALUES (1); INSERT INTO noted VALUES ('later')");

    undone(site, answer);
    assertThat(dump(database)).isEqualTo(ruins);
    nothingIsLeft();
  }

  @Test
  void aTableThatIsNotInTheBackupAndAViewOfItsNameAreRefusedAndChangeNothing() {
    var backup = backedUp();
    sql(database, PASSWORD, "DROP TABLE noted; CREATE VIEW noted AS SELECT 1 AS what");
    var before = dump(database);
    for (var name : List.of("nothing", "seen", "plain%60; DROP TABLE child; --", "plai")) {
      assertThat(gateway.change("backup:restore",
          of(backup, Map.of("what", "database", "database", "shop", "tables", List.of(name))), Map.of("key", KEY))
          .code()).as(name).isIn("BACKUP_NOT_FOUND", "INVALID_ARGUMENT");
    }
    assertThat(gateway.change("backup:restore",
        of(backup, Map.of("what", "database", "database", "shop", "tables", List.of("noted"))), Map.of("key", KEY))
        .code()).isEqualTo("IN_THE_WAY");
    assertThat(dump(database)).isEqualTo(before);
    nothingIsLeft();
  }

  @Test
  void aSiteBecomesAnotherOneWithItsOwnDatabaseAndAddressAndAnUndoBringsBackWhatThatWas() {
    var config = "<?php\\ndefine('DB_NAME', '" + database + "');\\ndefine('DB_USER', '" + database
        + "');\\ndefine('DB_PASSWORD', '" + PASSWORD + "');\\n";
    server.shAs(site, "cd " + site.root() + " && printf \"" + config.replace("'", "'") + "\" >wp-config.php"
        + " && cp /bin/true special && chmod 4755 special && mkdir -m 2750 closed && ln -s /etc/shadow link").text();
    server.put(site, "page.php",
        """
            <?php require 'wp-config.php'; $m = new mysqli('localhost', DB_USER, DB_PASSWORD, DB_NAME);
            echo DB_NAME, ' ', $m->query('SELECT COUNT(*) FROM seen')->fetch_row()[0], ' ', defined('WP_HOME') ? WP_HOME : 'none';
            """);
    server.host().sh("cd " + site.root() + " && cp /bin/true able && chown " + site.user() + ": able && setcap "
        + "cap_net_raw+ep able && mknod -m 666 disk b 7 0 && chown " + site.user() + ": disk");
    assertThat(server.get(site, "/page.php").body()).isEqualTo(database + " 501 none");
    var backup = backedUp();
    var source = dump(database);

    var other = made();
    var theirs = other.user() + "_shop";
    sql(theirs, PASSWORD, "CREATE TABLE mine (a INT); INSERT INTO mine VALUES (7)");
    server.put(other, "page.php", "<?php $m = new mysqli('localhost', '" + theirs + "', '" + PASSWORD + "', '" + theirs
        + "'); echo 'mine ', $m->query('SELECT a FROM mine')->fetch_row()[0];");
    assertThat(server.get(other, "/page.php").body()).isEqualTo("mine 7");
    var answer = gateway.change("backup:restore",
        of(backup, Map.of("user", other.user(), "source", site.user(), "what", "full", "adapt", true)),
        Map.of("key", KEY, "databases", "{\"shop\": \"" + NEW_PASSWORD + "\"}")).data();
    assertThat(answer.path("adapted").toString()).isEqualTo("[\"releases/first/public/wp-config.php\"]");
    assertThat(server.get(other, "/page.php").body()).isEqualTo(theirs + " 501 http://" + other.domain());
    assertThat(dump(theirs)).isEqualTo(source.replace("DEFINER=`" + database + "`@`localhost` PROCEDURE `",
        "DEFINER=`" + theirs + "`@`localhost` PROCEDURE `").replace("DEFINER=`" + database + "`@`localhost` FUNCTION",
            "DEFINER=`" + theirs + "`@`localhost` FUNCTION")
        .replace("DEFINER=`" + database + "`@`localhost`*/", "DEFINER=`" + theirs + "`@`localhost`*/")
        .replace("DEFINER=`" + database + "`@`localhost` SQL", "DEFINER=`" + theirs + "`@`localhost` SQL"));
    sql(theirs, NEW_PASSWORD, "CALL add_one('after')");
    assertThat(server.get(site, "/page.php").body()).as("the first one notices nothing")
        .isEqualTo(database + " 501 none");
    var home = "/srv/chom/sites/" + other.user();
    assertThat(server.host().sh("find " + home + " ! -uid " + other.uid() + " ! -path " + home + " | head")).isEmpty();
    assertThat(server.host().sh("find " + home + " -perm /6000 -type f; find " + home + " -type b; getcap -r " + home))
        .isEmpty();
    assertThat(server.host().sh("stat -c '%u %a' " + home + " /etc/shadow")).startsWith("0 711\n0 ");
    assertThat(
        server.host().sh("grep -rl " + NEW_PASSWORD + " /var/lib/vpsmanager /run/vpsmanager /var/log /srv/chom/retained"
            + " || true"))
        .isEmpty();

    undone(other, answer);
    assertThat(server.get(other, "/page.php").body()).isEqualTo("mine 7");
    assertThat(server.get(site, "/page.php").body()).isEqualTo(database + " 501 none");
    nothingIsLeft();
  }

  @Test
  void aDatabaseThatIsMissingIsMadeAndStaysEmptyAfterAnUndo() {
    var backup = backedUp();
    var other = Site.php(++uid);
    gateway.change("site:create", other.args()).data();
    var theirs = other.user() + "_shop";
    var wanted = of(backup, Map.of("user", other.user(), "source", site.user(), "what", "full"));
    assertThat(gateway.change("backup:restore", wanted, Map.of("key", KEY)).code()).isEqualTo("DATABASE_NOT_FOUND");
    server.host().sh("mariadb -e 'CREATE DATABASE " + theirs + "'");
    var secrets = Map.of("key", KEY, "databases", "{\"shop\": \"" + NEW_PASSWORD + "\"}");
    assertThat(gateway.change("backup:restore", wanted, secrets).code()).isEqualTo("DATABASE_EXISTS");
    server.host().sh("mariadb -e 'DROP DATABASE " + theirs + "'");
    var answer = gateway.change("backup:restore", wanted, secrets).data();
    assertThat(sql(theirs, NEW_PASSWORD, "SELECT COUNT(*) FROM seen")).isEqualTo("501");
    undone(other, answer);
    assertThat(sql(theirs, NEW_PASSWORD, "SHOW TABLES")).isEmpty();
    gateway.change("database:drop", Map.of("user", other.user(), "name", "shop", "purge", true)).data();
    nothingIsLeft();
  }

  private Map<String, Object> browse(Backup backup, Map<String, Object> more) {
    var all = with(Map.of("backup", backup.id(), "manifest", backup.manifest()));
    all.putAll(more);
    return all;
  }

  private static void nothingIsLeft() {
    assertThat(server.host().sh("mariadb -N -e 'SHOW DATABASES' | grep chom_ || true")).isEmpty();
    assertThat(server.host().sh("ls -A /srv/chom/dumps /srv/chom/scratch 2>/dev/null | grep -v : || true")).isEmpty();
    assertThat(server.host().sh("""
        for user in $(mariadb -N -e "SELECT user FROM mysql.global_priv WHERE user LIKE 's2%'"); do
          mariadb -N -e "SHOW CREATE USER '$user'@localhost"
        done
        """)).as("no second password").doesNotContain(" OR ").contains("*");
  }
}
