package io.chom.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.ssh.Eventually;
import io.chom.testing.AgentHost.Site;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;

/** Backups of a site with its files and its MariaDB database on a real host: proven, found broken, restored, undone. */
@Tag("acceptance")
class BackupsOnHostAcceptanceIT {
  private static final Map<String, String> KEY = Map.of("key", "correct-horse-battery-staple-0123456789");
  private static final String FILLED = """
      CREATE TABLE `odd ``name` (id INT PRIMARY KEY, b BLOB, t TEXT, d DATETIME) ENGINE=InnoDB;
      INSERT INTO `odd ``name` SELECT seq, UNHEX(SHA2(seq, 256)), CONCAT('t\u00e9xt ', seq, '\\n\\'"\\\\'), '2026-01-02 03:04:05'
        FROM seq_1_to_20000;
      CREATE TABLE plain (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(50)) ENGINE=InnoDB;
      INSERT INTO plain (v) SELECT CONCAT('v', seq) FROM seq_1_to_500;
      CREATE TABLE noted (what TEXT) ENGINE=InnoDB;
      CREATE VIEW seen AS SELECT p.id, o.t FROM plain p JOIN `odd ``name` o ON o.id = p.id;
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
  private static int uid = 200_500;

  private Site site;
  private String database;
  private Map<String, Object> repository;

  private record Backup(String id, String snapshot, String manifest) {

    Map<String, Object> named() {
      return Map.of("backup", id, "snapshot", snapshot, "manifest", manifest);
    }

    Backup as(String other) {
      return new Backup(id, other, manifest);
    }
  }

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
  void aSiteWithFilesAndADatabase() {
    site = Site.php(++uid);
    database = site.user() + "_shop";
    repository = Map.of("user", site.user(), "repository", "local:/var/backups/chom/" + site.id());
    gateway.change("site:create", site.args()).data();
    gateway.change("database:create", Map.of("user", site.user(), "name", "shop"), Map.of("password",
        "correct-horse-battery")).data();
    server.put(site, "index.php", "<?php $m = new mysqli('localhost', '" + database + "', 'correct-horse-battery', '"
        + database + "'); echo 'rows ', $m->query('SELECT COUNT(*) FROM seen')->fetch_row()[0];");
    server.shAs(site, "cd " + site.root()
        + " && mkdir -m 0700 closed && echo text >closed/file && ln -s closed link && for i in $(seq 200); do echo $i >f$i; done")
        .text();
    sql(FILLED);
    // PHP looks for a newer page every two seconds
    Eventually.that(() -> server.get(site, "/").body().equals("rows 500"));
  }

  /** As the site's own login. */
  private void sql(String statements) {
    server.host()
        .shWithInput(new ByteArrayInputStream(statements.getBytes(StandardCharsets.UTF_8)), "mariadb",
            "--default-character-set=utf8mb4", "-u" + database,
            "-pcorrect-horse-battery", database)
        .text();
  }

  private Backup backedUp() {
    var id = UUID.randomUUID().toString();
    var data = gateway.change("backup:create", with(Map.of("backup", id, "type", "full")), KEY).data();
    assertThat(data.path("databases").path(0).path("tables").asInt()).isEqualTo(3);
    assertThat(data.path("skipped").isEmpty()).isTrue();
    return new Backup(id, data.path("snapshot").asString(), data.path("manifest").asString());
  }

  private Map<String, Object> with(Map<String, Object> more) {
    var all = new HashMap<>(repository);
    all.putAll(more);
    return all;
  }

  private JsonNode verified(Backup backup) {
    return gateway.change("backup:verify", with(backup.named()), KEY).data();
  }

  private JsonNode restored(Backup backup, String what) {
    var args = with(backup.named());
    args.put("what", what);
    return gateway.change("backup:restore", args, KEY).data();
  }

  private String files() {
    return server.host().sh("cd /srv/chom/sites/" + site.user()
        + " && find . -path ./tmp -prune -o -printf '%p %y %m %U %G %l\\n' | sort && find . -type f -print0 | sort -z | xargs -0 sha256sum");
  }

  private String dump() {
    return server.host()
        .sh("mariadb-dump --single-transaction --routines --events --triggers --skip-comments " + database
            + " | sha256sum");
  }

  private String restic(String words) {
    return "RESTIC_PASSWORD=" + KEY.get("key") + " restic --no-cache -r /var/backups/chom/" + site.id() + " " + words;
  }

  /** A snapshot like the backup's, but for what the script does to it. */
  private Backup planted(Backup backup, String script) {
    var id = server.host().sh("rm -rf /root/out && mkdir /root/out && cd /root/out && "
        + restic("restore --quiet " + backup.snapshot() + " --target .") + "\n" + script + "\n"
        + restic("backup --quiet sites/" + site.user() + " dumps/" + site.user()) + "\n"
        + restic("snapshots --json --latest 1") + " | jq -r 'sort_by(.time)[-1].id'");
    return backup.as(id.lines().reduce((_, last) -> last).orElseThrow());
  }

  private static List<String> codes(JsonNode verdict) {
    assertThat(verdict.path("outcome").asString()).isEqualTo("BROKEN");
    return verdict.path("reasons").valueStream().map(reason -> reason.path("code").asString() + " "
        + reason.path("what").asString()).toList();
  }

  @Test
  void aBackupIsProvenAndAMissingTableAMissingFileAndAnOldDumpEachBreakIt() {
    var older = backedUp();
    sql("UPDATE plain SET v = 'newer' WHERE id = 7; INSERT INTO plain (v) VALUES ('one more');");
    var backup = backedUp();
    var proof = verified(backup);
    assertThat(proof.path("outcome").asString()).as("%s", proof).isEqualTo("PROVEN");
    assertThat(proof.path("tables").asInt()).isEqualTo(3);
    assertThat(proof.path("rows").asLong()).isEqualTo(20_502);
    assertThat(proof.path("answered").asInt()).isEqualTo(200);
    assertThat(proof.path("skipped").isEmpty()).as("%s", proof).isTrue();
    assertThat(verified(older).path("outcome").asString()).isEqualTo("PROVEN");

    var dump = "dumps/" + site.user() + "/" + database + ".sql";
    var withoutTable = planted(backup, "sed -i '/^DROP TABLE IF EXISTS `noted`/,/^UNLOCK TABLES/d' " + dump);
    assertThat(codes(verified(withoutTable))).contains("DUMP_CHANGED " + database + ".sql").anyMatch(
        reason -> reason.equals("TABLE_MISSING " + database + ".noted") || reason.startsWith("DUMP_NOT_IMPORTED"));
    var withoutFile = planted(backup, "rm sites/" + site.user() + "/releases/first/public/f7");
    assertThat(codes(verified(withoutFile))).containsExactly("FILE_MISSING releases/first/public/f7");
    var oldDump = planted(backup, "cd /root && " + restic("dump " + older.snapshot() + " /" + dump) + " >out/" + dump
        + " && cd out");
    assertThat(codes(verified(oldDump))).contains("DUMP_CHANGED " + database + ".sql",
        "ROWS_DIFFER " + database + ".plain: 500 rows instead of 501");
    nothingOfAProofIsLeft();
  }

  @Test
  void whatWasDestroyedComesBackEqualAndAnUndoBringsTheRuinsBack() {
    var backup = backedUp();
    var files = files();
    var dump = dump();
    server.host().sh("mariadb -e 'DROP DATABASE " + database + "' && rm -rf /srv/chom/sites/" + site.user()
        + "/releases /srv/chom/sites/" + site.user() + "/shared");
    var ruins = files();

    var answer = restored(backup, "full");
    assertThat(answer.path("state").asString()).isEqualTo("active");
    assertThat(files()).isEqualTo(files);
    assertThat(dump()).isEqualTo(dump);
    assertThat(server.get(site, "/").body()).isEqualTo("rows 500");
    sql("CALL add_one('after'); SELECT twice(2);");
    assertThat(server.host().sh("mariadb -N -e 'SELECT what FROM " + database + ".noted'")).isEqualTo("added;; after");

    var undone = gateway.change("backup:undo", Map.of("user", site.user(), "previous",
        answer.path("previous").asString())).data();
    assertThat(undone.path("state").asString()).isEqualTo("active");
    assertThat(files()).isEqualTo(ruins);
    assertThat(server.host().sh("mariadb -N -e 'SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = \""
        + database + "\"'")).isEqualTo("0");
    nothingOfAProofIsLeft();
  }

  @Test
  void aDatabaseAloneComesBackAndItsUndoBringsTheNewerOneBack() {
    var backup = backedUp();
    var before = dump();
    sql("DELETE FROM `odd ``name`; DROP VIEW seen; CREATE TABLE newer (a INT); INSERT INTO newer VALUES (1);");
    server.put(site, "newer.txt", "newer");
    var newer = dump();
    gateway.change("site:disable", Map.of("user", site.user())).data();
    var answer = restored(backup, "database");
    assertThat(answer.path("state").asString()).isEqualTo("disabled");
    assertThat(answer.path("databases").path(0).asString()).isEqualTo("shop");
    assertThat(dump()).isEqualTo(before);
    assertThat(files()).contains("newer.txt");
    assertThat(server.get(site, "/").status()).isEqualTo(503);
    gateway.change("backup:undo", Map.of("user", site.user(), "previous", answer.path("previous").asString())).data();
    assertThat(dump()).isEqualTo(newer);
    assertThat(server.get(site, "/").status()).isEqualTo(503);
  }

  @Test
  void aSitesUserReadsNeitherItsRepositoryNorWhatIsKept() {
    var backup = backedUp();
    restored(backup, "files");
    for (var place : List.of("/var/backups/chom/" + site.id() + "/config", "/srv/chom/retained/restores/" + site.user(),
        "/srv/chom/dumps", "/srv/chom/scratch", "/var/lib/vpsmanager/backups")) {
      assertThat(server.shAs(site, "ls " + place + " && cat " + place).ok()).as(place).isFalse();
    }
    assertThat(server.host().exec("grep", "-rl", KEY.get("key"), "/var/lib/vpsmanager", "/run/vpsmanager", "/var/log",
        "/etc", "/var/backups").output()).isEmpty();
    assertThat(server.host().sh("journalctl --no-pager | grep -c " + KEY.get("key") + " || true")).isEqualTo("0");
  }

  @Test
  void aFileThatIsNotTheSitesNeverGetsIntoItsBackup() {
    var other = Site.fixed(++uid);
    gateway.change("site:create", other.args()).data();
    server.put(other, "secret.txt", "other secret");
    // a directory becomes a link to another site's at the moment restic is between looking and reading
    server.shAs(site, "cd " + site.root() + " && mkdir bait && echo own >bait/secret.txt").text();
    var id = UUID.randomUUID();
    var operation = UUID.randomUUID();
    var sent = gateway.send("backup:create", with(Map.of("backup", id.toString(), "type", "files")), operation, KEY);
    server.host().sh("until pid=$(pgrep -x restic) && tr '\\0' ' ' <\"/proc/$pid/cmdline\" | grep -q 'backup --json';"
        + " do :; done; kill -STOP \"$pid\"; cd " + site.root() + " && mv bait was && cp -a /srv/chom/sites/"
        + other.user()
        + "/current/public bait; kill -CONT \"$pid\"");
    var answer = gateway.await(sent);
    assertThat(answer.code()).isEqualTo("BACKUP_INCOMPLETE");
    assertThat(answer.toString()).doesNotContain("secret.txt");
    assertThat(
        server.host().sh("cat /var/lib/vpsmanager/operations/" + operation + "/{events,spool} 2>/dev/null || true"))
        .doesNotContain("secret.txt");
    assertThat(gateway.ask("backup:list", repository, KEY).data().path("snapshots").isEmpty()).isTrue();
  }

  private Backup backedUp(String type, List<String> exclude) {
    var id = UUID.randomUUID().toString();
    var data = gateway.change("backup:create", with(Map.of("backup", id, "type", type, "exclude", exclude)), KEY)
        .data();
    return new Backup(id, data.path("snapshot").asString(), data.path("manifest").asString());
  }

  @Test
  void aBackupWhoseSiteDoesNotAnswerIsBrokenUnlessItDidNotWhenItWasMade() {
    server.put(site, "index.php", "<?php if (!file_exists(__DIR__ . '/library')) throw new Error('no library');");
    server.put(site, "library", "needed");
    Eventually.that(() -> server.get(site, "/").body().isEmpty());
    var lacking = backedUp("full", List.of("releases/first/public/library"));
    assertThat(codes(verified(lacking))).singleElement().asString()
        .startsWith("SITE_DOES_NOT_ANSWER 500: PHP Fatal error:").contains("no library");
    assertThat(verified(backedUp("full", List.of())).path("answered").asInt()).isEqualTo(200);

    server.shAs(site, "rm " + site.root() + "/library").text();
    Eventually.that(() -> server.get(site, "/").status() == 500);
    var proof = verified(backedUp("full", List.of()));
    assertThat(proof.path("outcome").asString()).as("%s", proof).isEqualTo("PROVEN");
    assertThat(proof.path("answered").asInt()).isEqualTo(500);
    nothingOfAProofIsLeft();
  }

  @Test
  void onlyABackupThatHasAllASiteNeedsIsAskedForItsPage() {
    assertThat(verified(backedUp("files", List.of())).has("answered")).isFalse();
    assertThat(verified(backedUp("database", List.of())).has("answered")).isFalse();
    // with the password of its time
    var backup = backedUp();
    gateway.change("database:create", Map.of("user", site.user(), "name", "shop"), Map.of("password",
        "another-horse-battery")).data();
    assertThat(server.get(site, "/").status()).isEqualTo(500);
    assertThat(verified(backup).path("answered").asInt()).isEqualTo(200);

    site = Site.fixed(++uid);
    repository = Map.of("user", site.user(), "repository", "local:/var/backups/chom/" + site.id());
    gateway.change("site:create", site.args()).data();
    assertThat(verified(backedUp("files", List.of())).path("answered").asInt()).isEqualTo(200);
    nothingOfAProofIsLeft();
  }

  @Test
  void aPageOfACopyReachesNothingOutsideOfIt() {
    var neighbour = Site.php(++uid);
    gateway.change("site:create", neighbour.args()).data();
    gateway.change("database:create", Map.of("user", neighbour.user(), "name", "shop"), Map.of("password",
        "correct-horse-battery")).data();
    server.host().sh("chmod 755 /srv/chom/sites/%1$s; install -m 644 /dev/stdin /srv/chom/sites/%1$s/open <<<secret"
        .formatted(neighbour.user()));
    // what it finds is told by its answer; on the live site it finds nothing out
    server.put(site, "index.php",
        """
            <?php
            if (file_exists(__DIR__ . '/live')) exit('quiet');
            mysqli_report(MYSQLI_REPORT_OFF);
            $found = [];
            $m = new mysqli('localhost', '%1$s', 'correct-horse-battery', '%1$s');
            if ($m->query('SELECT COUNT(*) FROM plain')->fetch_row()[0] !== '500') $found[] = 'not the copy';
            $m->query('DELETE FROM plain');
            if ($m->query("SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 's%%'")->num_rows !== 1) $found[] = 'more databases';
            if (@$m->query("SELECT LOAD_FILE('/etc/passwd')")->fetch_row()[0] !== null) $found[] = 'a file';
            foreach (['localhost', '127.0.0.1'] as $h) if (!(@new mysqli($h, '%2$s_shop', 'correct-horse-battery'))->connect_errno) $found[] = 'a neighbour';
            foreach (['/srv/chom/sites/%2$s/open', '/etc/passwd', '/proc/1/environ'] as $f) if (@file_get_contents($f) !== false) $found[] = $f;
            foreach (['127.0.0.1', '%3$s'] as $h) if (@fsockopen($h, 22, $n, $e, 2)) $found[] = "ssh at $h";
            if (@mail('a@example.org', 'x', 'x')) $found[] = 'mail';
            file_put_contents(__DIR__ . '/written', 'x');
            http_response_code($found ? 419 : 218);
            echo implode(',', $found);
            """
            .formatted(database, neighbour.user(), server.host().address()));
    server.put(site, "live", "x");
    Eventually.that(() -> server.get(site, "/").body().equals("quiet"));
    var before = files();
    var proof = verified(backedUp("full", List.of("releases/first/public/live")));
    assertThat(proof.path("answered").asInt()).as("%s", proof).isEqualTo(218);
    assertThat(proof.path("outcome").asString()).isEqualTo("PROVEN");
    assertThat(files()).isEqualTo(before);
    assertThat(server.host().sh("mariadb -N -e 'SELECT COUNT(*) FROM " + database + ".plain'")).isEqualTo("500");
    nothingOfAProofIsLeft();
  }

  @Test
  void aProofThatIsKilledInTheMiddleLeavesNothing() {
    var backup = backedUp();
    var operation = UUID.randomUUID();
    var sent = gateway.send("backup:verify", with(backup.named()), operation, KEY);
    server.host().sh("for try in $(seq 600); do if [ -S /srv/chom/scratch/" + site.user()
        + ".*/run/mysqld.sock ]; then break; fi; sleep 0.05; done; systemctl kill --signal=KILL vpsm-op-" + operation);
    assertThat(gateway.await(sent).state()).isEqualTo("INTERRUPTED");
    nothingOfARoomIsLeft();
    try (var _ = server.gateway()) {
      server.host()
          .sh("for try in $(seq 200); do if [ -z \"$(ls /srv/chom/scratch)\" ]; then exit 0; fi; sleep 0.1; done; exit 1");
    }
    nothingOfAProofIsLeft();
    assertThat(verified(backup).path("outcome").asString()).isEqualTo("PROVEN");
  }

  @Test
  void aDumpThatWasTamperedWithReachesNothingButItsOwnDatabase() {
    var backup = backedUp();
    var neighbour = Site.fixed(++uid);
    gateway.change("site:create", neighbour.args()).data();
    gateway.change("database:create", Map.of("user", neighbour.user(), "name", "shop"), Map.of("password",
        "correct-horse-battery")).data();
    var other = neighbour.user() + "_shop";
    server.host().sh("mariadb -e 'CREATE TABLE " + other + ".kept (a INT)'");
    var dump = "dumps/" + site.user() + "/" + database + ".sql";
    for (var hostile : List.of("\\! touch /root/canary", "system touch /root/canary", "source /root/canary.sql",
        "DROP DATABASE " + other + ";", "USE " + other + "; DROP TABLE kept;", "SET GLOBAL event_scheduler = ON;",
        "GRANT ALL ON *.* TO '" + database + "'@'localhost';", "SELECT 'x' INTO OUTFILE '/tmp/canary';",
        "CREATE DEFINER=`root`@`localhost` PROCEDURE p() SQL SECURITY DEFINER DROP DATABASE " + other
            + "; CALL p();")) {
      var planted = planted(backup, "printf '%s\n' \"" + hostile.replace("`", "\\`") + "\" >>" + dump);
      assertThat(codes(verified(planted))).as(hostile).contains("DUMP_CHANGED " + database + ".sql");
      var args = with(planted.named());
      args.put("what", "database");
      assertThat(gateway.change("backup:restore", args, KEY).code()).as(hostile).isEqualTo("REPOSITORY_DAMAGED");
    }
    assertThat(server.host().sh("ls /root/canary /tmp/canary 2>/dev/null || true")).isEmpty();
    assertThat(server.host().sh("mariadb -N -e 'SHOW TABLES IN " + other + "; SELECT @@event_scheduler'"))
        .isEqualTo("kept\nOFF");
    assertThat(server.host().sh("mariadb -N -e \"SHOW GRANTS FOR '" + database + "'@'localhost'\""))
        .doesNotContain("ALL PRIVILEGES ON *.*");
    assertThat(server.get(site, "/").body()).isEqualTo("rows 500");
    nothingOfAProofIsLeft();
  }

  @Test
  void whatWasBorrowedFromMariaDbIsGivenBackWhenItAnswersAgain() {
    var backup = backedUp();
    var operation = UUID.randomUUID();
    var args = with(backup.named());
    args.put("what", "database");
    var sent = gateway.send("backup:restore", args, operation, KEY);
    server.host()
        .sh("for i in $(seq 600); do mariadb -N -e 'SHOW DATABASES' | grep -q chom_verify && break; sleep 0.05; done;"
            + " systemctl stop mariadb");
    assertThat(gateway.await(sent).code()).isEqualTo("DEPENDENCY_FAILED");
    server.host().sh("systemctl start mariadb");
    assertThat(verified(backup).path("outcome").asString()).isEqualTo("PROVEN");
    nothingOfAProofIsLeft();
  }

  /** The server takes it for a comment in a procedure, the client that reads a dump in takes it for a statement. */
  @Test
  void aTableThatItsSiteKeepsLockedEndsTheBackupInTime() {
    var unit = "lock-" + site.user();
    server.host()
        .sh("systemd-run --quiet --unit=" + unit + " sh -c \"(echo 'LOCK TABLES plain WRITE;'; sleep 600) | mariadb -u"
            + database + " -pcorrect-horse-battery " + database + "\"");
    try {
      Eventually.that(
          () -> server.host().sh("mariadb -N -e \"SELECT COUNT(*) FROM information_schema.processlist WHERE user = '"
              + database + "' AND command = 'Sleep'\"").strip().equals("1"));
      var refused = gateway.change("backup:create",
          with(Map.of("backup", UUID.randomUUID().toString(), "type", "full")),
          KEY);
      assertThat(refused.code()).isEqualTo("DEPENDENCY_FAILED");
      assertThat(refused.toString()).contains("has been locked by its site");
    } finally {
      server.host().sh("systemctl stop " + unit);
    }
    backedUp();
  }

  @Test
  void aStatementThatIsHiddenInAProcedureReadsNoFileOfTheServer() {
    server.host().sh("install -m 0600 /dev/stdin /root/kept-secret <<<top-secret");
    sql("CREATE TABLE stolen (t TEXT) ENGINE=InnoDB;");
    sql("DELIMITER //\nCREATE PROCEDURE hidden() SELECT 1 --\u0001;; LOAD DATA LOCAL INFILE '/root/kept-secret' INTO TABLE "
        + database + ".stolen;; SELECT 2\n + 1//\n");
    var id = UUID.randomUUID().toString();
    var data = gateway.change("backup:create", with(Map.of("backup", id, "type", "full")), KEY).data();
    var backup = new Backup(id, data.path("snapshot").asString(), data.path("manifest").asString());
    assertThat(codes(verified(backup))).anyMatch(code -> code.startsWith("DUMP_NOT_IMPORTED"));
    var args = with(backup.named());
    args.put("what", "database");
    gateway.change("backup:restore", args, KEY);
    assertThat(server.host().sh("mariadb -N -e 'SELECT COUNT(*) FROM " + database + ".stolen'")).isEqualTo("0");
    assertThat(server.host().sh("grep -rl top-secret /var/lib/mysql/" + database + " || true")).isEmpty();
  }

  @Test
  void aRestoreThatAPowerCutEndedGoesOnAndTheSiteIsOpenAsItWas() {
    var backup = backedUp();
    var files = files();
    var dump = dump();
    sql("DELETE FROM plain;");
    server.shAs(site, "rm -rf " + site.root() + "/closed").text();
    var ruins = files();
    // it has closed the site and cannot go on
    server.host().sh("systemd-run --quiet --collect --unit=holder flock /run/vpsmanager/config.lock sleep 300");
    var operation = UUID.randomUUID();
    var args = with(backup.named());
    args.put("what", "full");
    gateway.send("backup:restore", args, operation, KEY);
    server.host()
        .sh("for try in $(seq 600); do if grep -qs 'Closing the site' /var/lib/vpsmanager/operations/" + operation
            + "/events; then exit 0; fi; sleep 0.1; done; exit 1");
    server.host().powerCut();
    gateway.cut();
    server.host().powerOn();
    server.host().awaitLogin();
    gateway = server.gateway();
    assertThat(
        gateway.ask("operation:status", Map.of("operation", operation.toString())).data().path("state").asString())
        .isEqualTo("INTERRUPTED");
    assertThat(files()).isEqualTo(ruins);

    var answer = restored(backup, "full");
    assertThat(answer.path("previous").asString()).isEqualTo(operation.toString());
    assertThat(answer.path("state").asString()).isEqualTo("active");
    assertThat(files()).isEqualTo(files);
    assertThat(dump()).isEqualTo(dump);
    assertThat(server.get(site, "/").body()).isEqualTo("rows 500");
    gateway.change("backup:undo", Map.of("user", site.user(), "previous", operation.toString())).data();
    assertThat(files()).isEqualTo(ruins);
    assertThat(server.get(site, "/").body()).isEqualTo("rows 0");
    nothingOfAProofIsLeft();
  }

  /** Whoever writes all the time: what was acknowledged before the site closed is kept, and what after it opened is in what came. */
  @Test
  void whatVisitorsWriteUntilTheSiteClosesIsKeptAndComesBackWithAnUndo() throws Exception {
    sql("CREATE TABLE age (v VARCHAR(8)) ENGINE=InnoDB; INSERT INTO age VALUES ('old');"
        + " CREATE TABLE orders (id VARCHAR(40) PRIMARY KEY) ENGINE=InnoDB;"
        + " CREATE TABLE heavy (id INT PRIMARY KEY, t TEXT) ENGINE=InnoDB;"
        + " INSERT INTO heavy SELECT seq, REPEAT(SHA2(seq, 512), 8) FROM seq_1_to_60000;");
    server.put(site, "order.php", "<?php $m = new mysqli('localhost', '" + database + "', 'correct-horse-battery', '"
        + database + "'); $m->begin_transaction(); $age = $m->query('SELECT v FROM age')->fetch_row()[0];"
        + " $m->query(\"INSERT INTO orders VALUES ('\" . preg_replace('/[^a-z0-9-]/', '', $_GET['id']) . \"')\");"
        + " $m->commit(); echo \"$age $_GET[id]\";");
    var id = UUID.randomUUID().toString();
    var data = gateway.change("backup:create", with(Map.of("backup", id, "type", "full")), KEY).data();
    var backup = new Backup(id, data.path("snapshot").asString(), data.path("manifest").asString());
    sql("UPDATE age SET v = 'new';");

    var acknowledged = new ConcurrentLinkedQueue<String>();
    var closed = new AtomicBoolean();
    var over = new AtomicBoolean();
    try (var visitors = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int visitor = 0; visitor < 4; visitor++) {
        visitors.submit(() -> {
          while (!over.get()) {
            var order = UUID.randomUUID().toString();
            try {
              var page = server.get(site, "/order.php?id=" + order);
              if (page.status() == 200 && page.body().endsWith(order)) {
                acknowledged.add(page.body());
              }
              if (page.status() == 503) {
                closed.set(true);
              }
            } catch (RuntimeException _) {
              // cut off: nobody told this visitor anything
            }
          }
        });
      }
      Eventually.that(() -> acknowledged.size() > 50);
      var args = with(backup.named());
      args.put("what", "database");
      var answer = gateway.change("backup:restore", args, KEY).data();
      Eventually.that(() -> acknowledged.stream().anyMatch(order -> order.startsWith("old ")));
      over.set(true);
      visitors.shutdown();
      assertThat(visitors.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
      assertThat(closed).as("visitors met the notice").isTrue();
      assertThat(orders()).containsAll(of(acknowledged, "old "));
      gateway.change("backup:undo", Map.of("user", site.user(), "previous", answer.path("previous").asString())).data();
    }
    assertThat(of(acknowledged, "new ")).hasSizeGreaterThan(50);
    assertThat(orders()).containsAll(of(acknowledged, "new "));
    assertThat(server.get(site, "/").body()).isEqualTo("rows 500");
  }

  private static Set<String> of(Collection<String> acknowledged, String age) {
    return acknowledged.stream().filter(order -> order.startsWith(age)).map(order -> order.substring(4))
        .collect(Collectors.toSet());
  }

  private Set<String> orders() {
    return server.host().sh("mariadb -N -e 'SELECT id FROM " + database + ".orders'").lines()
        .collect(Collectors.toSet());
  }

  @Test
  void whereNothingCanBeKeptTheSiteIsOpenAgainAndNothingWasReplaced() {
    var backup = backedUp();
    sql("DELETE FROM plain;");
    var ruins = dump();
    dumpOfAClosedSite("echo 'half a dump'; echo 'no more' >&2; exit 2");
    try {
      var args = with(backup.named());
      args.put("what", "full");
      var answer = gateway.change("backup:restore", args, KEY);
      assertThat(answer.code()).isEqualTo("NOT_KEPT");
      assertThat(answer.toString()).contains("no more");
      assertThat(server.get(site, "/").body()).isEqualTo("rows 0");
    } finally {
      server.host().sh("rm /usr/local/sbin/mariadb-dump");
    }
    assertThat(dump()).isEqualTo(ruins);
    assertThat(server.host().sh("ls /srv/chom/retained/restores/" + site.user() + " 2>/dev/null || true")).isEmpty();
    assertThat(restored(backup, "full").path("state").asString()).isEqualTo("active");
    assertThat(server.get(site, "/").body()).isEqualTo("rows 500");
    nothingOfAProofIsLeft();
  }

  /** Killed after it has closed the site and before it replaced anything: what is written since is nowhere else. */
  @Test
  void anUndoOfARestoreThatReplacedNothingTakesNothingAway() {
    gateway.change("database:create", Map.of("user", site.user(), "name", "audit"), Map.of("password",
        "correct-horse-battery")).data();
    var audit = site.user() + "_audit";
    server.host().sh("mariadb -e 'CREATE TABLE " + audit + ".log (v INT)'");
    var id = UUID.randomUUID().toString();
    var data = gateway.change("backup:create", with(Map.of("backup", id, "type", "full")), KEY).data();
    var backup = new Backup(id, data.path("snapshot").asString(), data.path("manifest").asString());
    var operation = UUID.randomUUID();
    // the first of its two databases is kept, the second one is not yet
    dumpOfAClosedSite("case $* in *_shop) sleep 300 ;; esac");
    try {
      var args = with(backup.named());
      args.put("what", "full");
      var sent = gateway.send("backup:restore", args, operation, KEY);
      server.host().sh("for try in $(seq 600); do if pgrep -f '^sleep 300' >/dev/null; then break; fi; sleep 0.1; done;"
          + " systemctl kill --signal=KILL vpsm-op-" + operation);
      assertThat(gateway.await(sent).state()).isEqualTo("INTERRUPTED");
    } finally {
      server.host().sh("rm /usr/local/sbin/mariadb-dump");
    }
    assertThat(server.get(site, "/").status()).isEqualTo(503);
    gateway.change("site:enable", Map.of("user", site.user())).data();
    server.host().sh("mariadb -e 'INSERT INTO " + audit + ".log VALUES (7)'");
    sql("INSERT INTO plain (v) VALUES ('since');");
    gateway.change("backup:undo", Map.of("user", site.user(), "backup", id)).data();
    assertThat(server.host().sh("mariadb -N -e 'SELECT v FROM " + audit + ".log'")).isEqualTo("7");
    assertThat(server.get(site, "/").body()).isEqualTo("rows 501");
  }

  /** What the program that dumps does once the site is closed, before it goes on. */
  private void dumpOfAClosedSite(String script) {
    server.host().shWithInput(new ByteArrayInputStream("""
        #!/bin/sh
        if curl -s -o /dev/null -w '%%{http_code}' -H 'Host: %s' http://127.0.0.1/ | grep -q 503; then
          %s
        fi
        exec /usr/bin/mariadb-dump "$@"
        """.formatted(site.domain(), script).getBytes(StandardCharsets.UTF_8)), "install", "-m", "755", "/dev/stdin",
        "/usr/local/sbin/mariadb-dump").text();
  }

  private void nothingOfAProofIsLeft() {
    assertThat(server.host().sh("mariadb -N -e 'SHOW DATABASES'")).doesNotContain("chom_verify_");
    assertThat(server.host().sh("mariadb -N -e \"SHOW GRANTS FOR '" + database + "'@'localhost'\"")).doesNotContain(
        " OR ",
        "chom_verify_");
    nothingOfARoomIsLeft();
    assertThat(server.host().sh("find /srv/chom/scratch /srv/chom/dumps /var/lib/vpsmanager/backups -mindepth 1"
        + " 2>/dev/null || true"))
        .isEmpty();
  }

  private void nothingOfARoomIsLeft() {
    assertThat(server.host().sh("(pgrep -af room.bash; pgrep -au 199999; findmnt -n | grep /srv/chom/scratch) || true"))
        .isEmpty();
  }
}
