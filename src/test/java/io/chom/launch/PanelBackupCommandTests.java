package io.chom.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.chom.ChomApplication;
import io.chom.tenancy.DatabaseLogins;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The words backup-panel and restore-panel, as somebody types them, with a PostgreSQL of one's own. */
@ExtendWith(RealServices.class)
class PanelBackupCommandTests {
  private static final String PASSPHRASE = "a passphrase for tests";

  @TempDir
  private Path home;

  private record Answer(int exit, String out, String err) {}

  private Map<String, String> settings(DatabaseLogins logins) {
    return new HashMap<>(Map.of("CHOM_DATA_DIR", home.resolve("data").toString(), "CHOM_DATABASE_URL",
        logins.app().urlWithLogin(), "CHOM_DATABASE_MIGRATION_URL", logins.migration().urlWithLogin(),
        "CHOM_DATABASE_JOBS_URL", logins.jobs().urlWithLogin(), "CHOM_MASTER_KEY", RealServices.MASTER_KEY,
        "CHOM_BACKUP_PASSPHRASE", PASSPHRASE));
  }

  private static DatabaseLogins empty() {
    return RealServices.emptyDatabase("command_" + UUID.randomUUID().toString().replace("-", ""));
  }

  private static Answer ask(Map<String, String> settings, String typed, String... words) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    int exit = CommandLine.run(List.of(words), settings,
        new ByteArrayInputStream(typed.getBytes(StandardCharsets.UTF_8)),
        new PrintStream(out, true, StandardCharsets.UTF_8), new PrintStream(err, true, StandardCharsets.UTF_8));
    return new Answer(exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  private Path backup() {
    var file = home.resolve("panel.backup");
    var answer = ask(settings(RealServices.logins()), "", "backup-panel", "--to=" + file);
    assertThat(answer.err()).isEmpty();
    assertThat(answer.out()).startsWith(file.toString()).contains("read back").doesNotContain(PASSPHRASE);
    return file;
  }

  @Test
  void aPanelIsRestoredWhereItsMasterKeyWasLost() throws Exception {
    var acme = Tenants.acme();
    var file = backup();
    var target = empty();
    var settings = settings(target);
    settings.remove("CHOM_MASTER_KEY");
    var answer = ask(settings, "", "restore-panel", "--from=" + file);
    assertThat(answer.err()).isEmpty();
    assertThat(answer.exit()).isZero();
    assertThat(answer.out()).contains("It is whole", "CHOM_MASTER_KEY").doesNotContain(RealServices.MASTER_KEY);
    assertThat(home.resolve("data/master.key")).hasContent(RealServices.MASTER_KEY);
    assertThat(tenants(target)).contains(acme.slug());
  }

  private static List<String> tenants(DatabaseLogins where) throws SQLException {
    var login = where.migration();
    try (var connection = java.sql.DriverManager.getConnection(login.url(), login.user(), login.password());
        var rows = connection.createStatement().executeQuery("select slug from tenant")) {
      var all = new java.util.ArrayList<String>();
      while (rows.next()) {
        all.add(rows.getString(1));
      }
      return all;
    }
  }

  @Test
  void whatIsThereIsReplacedOnlyByWhoeverTypesItsName() {
    var file = backup();
    var target = empty();
    RealServices.migrate(target);
    assertThat(ask(settings(target), "", "restore-panel", "--from=" + file)).satisfies(answer -> {
      assertThat(answer.exit()).isEqualTo(Launch.WRONG_SETUP);
      assertThat(answer.err()).contains("already", "--replace");
    });
    for (String typed : List.of("", "\n", "yes\n")) {
      assertThat(ask(settings(target), typed, "restore-panel", "--from=" + file, "--replace")).satisfies(answer -> {
        assertThat(answer.exit()).isEqualTo(Launch.WRONG_SETUP);
        assertThat(answer.err()).contains("Nothing was replaced");
      });
    }
    assertThat(ask(settings(target), target.migration().database() + "\n", "restore-panel", "--from=" + file,
        "--replace").exit()).isZero();
  }

  @Test
  void anotherKeyThatIsThereIsNeitherUsedNorOverwritten() throws Exception {
    var file = backup();
    var target = empty();
    var other = Base64.getEncoder().encodeToString("another key of exactly 32 bytes!".getBytes(StandardCharsets.UTF_8));
    var settings = settings(target);
    settings.put("CHOM_MASTER_KEY", other);
    assertThat(ask(settings, "", "restore-panel", "--from=" + file).err()).contains("CHOM_MASTER_KEY is another");
    settings.remove("CHOM_MASTER_KEY");
    Files.createDirectories(home.resolve("data"));
    Files.writeString(home.resolve("data/master.key"), other);
    assertThat(ask(settings, "", "restore-panel", "--from=" + file).err()).contains("another panel's key");
    assertThat(home.resolve("data/master.key")).hasContent(other);
    assertThat(ask(settings, "", "restore-panel", "--from=" + file, "--replace").exit()).isZero();
    assertThat(home.resolve("data/master.key")).hasContent(RealServices.MASTER_KEY);
    assertThat(home.resolve("data/master.key.before-restore")).hasContent(other);
  }

  @Test
  void aWrongPassphraseSaysSo() {
    var settings = settings(empty());
    var file = backup();
    settings.put("CHOM_BACKUP_PASSPHRASE", "another passphrase");
    assertThat(ask(settings, "", "restore-panel", "--from=" + file)).satisfies(answer -> {
      assertThat(answer.exit()).isOne();
      assertThat(answer.err()).contains("passphrase does not open").doesNotContain("another passphrase", "\tat ");
    });
  }

  @Test
  void aFullDiskLeavesNothingThatLooksWhole() throws Exception {
    assumeThat(Child.found("prlimit")).as("prlimit is there").isTrue();
    RealServices
        .asAdministrator("insert into setting (key, value) select 'ballast', string_agg(md5(random()::text), '')"
            + " from generate_series(1, 40000) on conflict do nothing");
    var directory = Files.createDirectory(home.resolve("small"));
    try (var command = PanelProcess.start(List.of("prlimit", "--fsize=300000"), ChomApplication.class,
        settings(RealServices.logins()), "backup-panel", "--to=" + directory)) {
      assertThat(command.end()).isOne();
      assertThat(command.output()).contains("cannot be written to " + directory, "make room").doesNotContain("\tat ");
    } finally {
      RealServices.asAdministrator("delete from setting where key = 'ballast'");
    }
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void doctorSaysHowOldTheNewestIs() {
    RealServices.asAdministrator("delete from panel_backup");
    var settings = settings(RealServices.logins());
    assertThat(ask(settings, "", "doctor").out()).containsPattern("warn +panel backup there is none.*docs/disaster.md");
    backup();
    assertThat(ask(settings, "", "doctor").out()).containsPattern("ok +panel backup the newest is of .* 0 hours ago");
    RealServices.asAdministrator("update panel_backup set started_at = started_at - interval '3 days'");
    assertThat(ask(settings, "", "doctor").out())
        .containsPattern("warn +panel backup the newest is of .* 72 hours ago");
    settings.put("CHOM_PANEL_BACKUP_DIRECTORY", "/nowhere");
    assertThat(ask(settings, "", "doctor").out()).containsPattern("fail +panel backup /nowhere");
  }
}
