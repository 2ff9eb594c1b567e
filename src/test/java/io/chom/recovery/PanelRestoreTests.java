package io.chom.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.recovery.RecoveryRefused.Reason;
import io.chom.tenancy.DatabaseLogin;
import io.chom.tenancy.DatabaseLogins;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A panel comes back from its copy, on a real PostgreSQL. */
@ExtendWith(RealServices.class)
class PanelRestoreTests {
  private static final String PASSPHRASE = "a passphrase for tests";
  private static final Runnable NOTHING = () -> {};
  /** What a restore changes on purpose. */
  private static final Set<String> SETTLED = Set.of("operation", "panel_backup", "setting", "worker_node", "watch_node",
      "backup_run");

  @TempDir
  private Path directory;
  private DatabaseLogins target;

  @BeforeEach
  void target() {
    target = RealServices.emptyDatabase("restored_" + UUID.randomUUID().toString().replace("-", ""));
  }

  private static PanelBackups backups() {
    return new PanelBackups(RealServices.logins().migration(), RealServices.MASTER_KEY, PASSPHRASE);
  }

  private Path backup() {
    return backups().write(directory).file();
  }

  @TempDir
  private static Path shared;
  private static @org.jspecify.annotations.Nullable Path any;

  /** For tests that do not care what is in it. */
  private static Path anyBackup() {
    if (any == null) {
      any = backups().write(shared).file();
    }
    return any;
  }

  private List<String> restore(Path file) {
    return new PanelRestore(file, PASSPHRASE, target).restore(false, NOTHING);
  }

  private static Connection asAdministrator(DatabaseLogins where) throws SQLException {
    return Sql.connect(RealServices.administrator().inDatabase(where.migration().database()));
  }

  private static Map<String, String> everything(Connection connection) throws SQLException {
    var all = new TreeMap<String, String>();
    for (var table : Sql.list(connection, "select relname from pg_class where relkind = 'r' and relnamespace ="
        + " 'public'::regnamespace", row -> row.getString(1))) {
      all.put(table, Sql.one(connection, "select count(*) || ' ' || coalesce(md5(string_agg(r.t, chr(10)"
          + " order by r.t)), '') from (select (to_jsonb(t) - '{retained_until,renew_at,planned_until}'::text[])::text as t"
          + " from public." + Sql.quoted(table) + " t) r", row -> row.getString(1)));
    }
    all.keySet().removeAll(SETTLED);
    all.remove(DatabaseCopy.HISTORY);
    return all;
  }

  private static void refused(Reason reason, org.assertj.core.api.ThrowableAssert.ThrowingCallable what) {
    assertThatThrownBy(what).isInstanceOfSatisfying(RecoveryRefused.class,
        refused -> assertThat(refused.reason()).as(refused.getMessage()).isEqualTo(reason));
  }

  @Test
  void everyRowOfEveryTableIsTheSame() throws SQLException {
    var acme = Tenants.acme();
    acme.owner();
    acme.server();
    Tenants.globex().admin();
    RealServices.asAdministrator("insert into setting (key, value) values ('odd-" + UUID.randomUUID()
        + "', E'tab\\t line\\n back\\\\slash \\\\N \\\\. ünïcödé 🙂')");
    try (var before = RealServices.asAdministrator(); var after = asAdministrator(target)) {
      Path file;
      Map<String, String> seen;
      int tries = 0;
      do {
        assertThat(tries++).as("a moment in which no clock of another test writes").isLessThan(50);
        seen = everything(before);
        file = backup();
      } while (!seen.equals(everything(before)));
      assertThat(restore(file)).isEmpty();
      assertThat(everything(after)).isEqualTo(seen).containsKeys("tenant", "vps_server", "audit_event");
      assertThat(Sql.list(after, "select value from setting where key like 'odd-%'", row -> row.getString(1)))
          .allSatisfy(value -> assertThat(value).isEqualTo("tab\t line\n back\\slash \\N \\. ünïcödé 🙂"));
      assertThat(Sql.list(after, "select conname || pg_get_constraintdef(oid) from pg_constraint order by 1",
          row -> row.getString(1))).isEqualTo(Sql.list(before,
              "select conname || pg_get_constraintdef(oid) from pg_constraint order by 1", row -> row.getString(1)));
    }
  }

  @Test
  void theTwoLocksHoldInTheRestoredDatabaseAsInAnyOther() throws SQLException {
    restore(anyBackup());
    try (var owner = Sql.connect(target.migration()); var app = Sql.connect(target.app())) {
      assertThat(Sql.list(owner, "select problem from unprotected_tenant_tables()", row -> row.getString(1))).isEmpty();
      assertThat(Sql.list(app, "select id from tenant", row -> row.getString(1))).isEmpty();
      assertThatThrownBy(() -> Sql.run(app, "delete from audit_event")).hasMessageContaining("permission denied");
    }
    RealServices.migrate(target);
  }

  @Test
  void itIsOneMomentAlthoughOthersGoOnWriting() throws Exception {
    var mark = "pair-" + UUID.randomUUID();
    var going = new CountDownLatch(20);
    try (var writers = Executors.newVirtualThreadPerTaskExecutor(); var writer = RealServices.asAdministrator()) {
      writer.setAutoCommit(false);
      var writing = writers.submit(() -> {
        for (int i = 0; !Thread.currentThread().isInterrupted(); i++) {
          Sql.update(writer, "insert into organization (id, name) values (gen_random_uuid(), ?)", mark);
          Sql.update(writer, "insert into setting (key, value) values (?, 'x')", mark + i);
          writer.commit();
          going.countDown();
        }
        return null;
      });
      going.await();
      var file = backup();
      writing.cancel(true);
      restore(file);
    }
    try (var after = asAdministrator(target)) {
      long one = Sql.one(after, "select count(*) from organization where name = ?", row -> row.getLong(1), mark);
      long two = Sql.one(after, "select count(*) from setting where key like ? || '%'", row -> row.getLong(1), mark);
      assertThat(one).isEqualTo(two).isGreaterThanOrEqualTo(20);
    }
  }

  @Test
  void aBackupHoldsNobodyUpAndWaitsForNoWriter() throws SQLException {
    try (var writer = RealServices.asAdministrator()) {
      writer.setAutoCommit(false);
      Sql.run(writer, "lock table tenant in row exclusive mode");
      assertThat(backups().write(directory).bytes()).isPositive();
      writer.rollback();
    }
  }

  @Test
  void onlyItsUserMayReadItAndNothingOfItIsReadable() throws IOException {
    var acme = Tenants.acme();
    var file = backup();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo("rw-------");
    assertThat(new String(Files.readAllBytes(file), java.nio.charset.StandardCharsets.ISO_8859_1))
        .startsWith("CHOM panel backup 1\n").doesNotContain(acme.slug(), RealServices.MASTER_KEY);
    assertThat(BackupFile.header(file)).hasValueSatisfying(header -> assertThat(header.schema()).isNotBlank());
    try (var files = Files.list(directory)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void nothingIsTouchedByAFileThatIsNotWholeOrDoesNotOpen() throws IOException {
    var file = anyBackup();
    byte[] whole = Files.readAllBytes(file);
    var bad = directory.resolve("bad");
    refused(Reason.PASSPHRASE_WRONG,
        () -> new PanelRestore(file, "another passphrase", target).restore(false, NOTHING));
    Files.write(bad, Arrays.copyOf(whole, whole.length - 1));
    refused(Reason.DAMAGED, () -> restore(bad));
    byte[] flipped = whole.clone();
    flipped[whole.length / 2] ^= 0x40;
    Files.write(bad, flipped);
    refused(Reason.DAMAGED, () -> restore(bad));
    Files.write(bad, "something else\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    refused(Reason.NOT_A_BACKUP, () -> restore(bad));
    refused(Reason.FILE, () -> restore(directory.resolve("nowhere")));
    assertThat(PanelRestore.isEmpty(target.migration())).isTrue();
  }

  @Test
  void aDatabaseThatHoldsSomethingIsOnlyReplacedWhenToldTo() throws SQLException {
    RealServices.migrate(target);
    var file = anyBackup();
    refused(Reason.NOT_EMPTY, () -> restore(file));
    try (var owner = Sql.connect(target.migration())) {
      Sql.run(owner, "insert into setting (key, value) values ('mine', 'still here')");
    }
    assertThatThrownBy(() -> new PanelRestore(file, PASSPHRASE, target).restore(true, () -> {
      throw new IllegalStateException("the key cannot be written");
    })).hasMessage("the key cannot be written");
    try (var owner = Sql.connect(target.migration())) {
      assertThat(Sql.list(owner, "select value from setting where key = 'mine'", row -> row.getString(1)))
          .as("what was there before a restore that failed").containsExactly("still here");
    }
    RealServices.migrate(target);
    new PanelRestore(file, PASSPHRASE, target).restore(true, NOTHING);
    try (var owner = Sql.connect(target.migration())) {
      assertThat(Sql.is(owner, "select exists (select from setting where key = 'mine')")).isFalse();
      assertThat(
          Sql.list(owner, "select nspname from pg_namespace where nspname like 'chom%'", row -> row.getString(1)))
          .isEmpty();
    }
  }

  @Test
  void oneThatWasKilledLetsNoPanelStartAndIsAskedForAgain() throws SQLException {
    var file = anyBackup();
    assertThatThrownBy(() -> new PanelRestore(file, PASSPHRASE, target).restore(false, () -> {
      throw new Killed();
    })).isInstanceOf(Killed.class);
    assertThatThrownBy(() -> io.chom.tenancy.HalfRestored.look(target.app()))
        .hasMessageContaining("restore-panel again");
    restore(file);
    io.chom.tenancy.HalfRestored.look(target.app());
    try (var after = Sql.connect(target.app())) {
      assertThat(Sql.is(after, "select exists (select from tier_limit)")).isTrue();
    }
  }

  /** Not an exception that anybody handles: as if the process had ended there. */
  private static final class Killed extends Error {
    private static final long serialVersionUID = 1L;
  }

  @Test
  void oneThatLosesTheDatabaseInTheMiddleIsAskedForAgain() {
    var file = anyBackup();
    refused(Reason.DATABASE, () -> new PanelRestore(file, PASSPHRASE, target).restore(false,
        () -> RealServices.asAdministrator("select pg_terminate_backend(pid) from pg_stat_activity where datname = '"
            + target.migration().database() + "'")));
    assertThat(restore(file)).isEmpty();
  }

  @Test
  void ofTwoAtOnceOneIsRefused() {
    var file = anyBackup();
    new PanelRestore(file, PASSPHRASE, target).restore(false, () -> refused(Reason.IN_USE, () -> restore(file)));
  }

  @Test
  void whileAPanelWorksWithTheDatabaseItIsRefused() throws SQLException {
    var file = anyBackup();
    try (var panel = Sql.connect(target.app())) {
      assertThat(panel.isValid(1)).isTrue();
      refused(Reason.IN_USE, () -> restore(file));
    }
  }

  @Test
  void ofTwoBackupsAtOnceOneIsRefused() throws SQLException {
    try (var other = Sql.connect(RealServices.logins().migration())) {
      Sql.run(other, "select pg_advisory_lock(" + 0x43484f4d_4241L + ")");
      refused(Reason.IN_USE, () -> backups().write(directory));
    }
    assertThat(backup()).exists();
  }

  @Test
  void aFileThatIsThereIsNeverOverwritten() {
    var file = backup();
    refused(Reason.FILE, () -> backups().write(file));
    refused(Reason.FILE, () -> backups().write(directory.resolve("missing/file")));
  }

  @Test
  void aLoginThatDoesNotSeeEveryRowMakesNoBackup() {
    refused(Reason.DATABASE, () -> {
      try (var app = Sql.connect(RealServices.logins().app())) {
        BackupFile.write(directory.resolve("partial"), app, RealServices.MASTER_KEY, PASSPHRASE, "test");
      }
    });
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void anOlderSchemaIsBroughtToTodays() throws SQLException {
    var old = RealServices.emptyDatabase("older");
    new Schema(old.migration()).migrateTo("0013");
    var tenant = UUID.randomUUID();
    var file = directory.resolve("older");
    try (var owner = Sql.connect(old.migration()); var reading = Sql.connect(old.migration())) {
      Sql.update(owner, "insert into organization (id, name) values (?, 'Old Ltd')", tenant);
      Sql.update(owner, "insert into tenant (id, organization_id, name, slug, tier) values (?, ?, 'Old', 'old', 'pro')",
          tenant, tenant);
      BackupFile.write(file, reading, RealServices.MASTER_KEY, PASSPHRASE, "0.9");
    }
    assertThat(BackupFile.header(file)).hasValueSatisfying(header -> assertThat(header.schema()).isEqualTo("0013"));
    restore(file);
    try (var after = asAdministrator(target)) {
      assertThat(Sql.list(after, "select name from tenant where id = ?", row -> row.getString(1), tenant))
          .containsExactly("Old");
      assertThat(Sql.list(after, "select copied from operation", row -> row.getBoolean(1))).isEmpty();
    }
  }

  @Test
  void aSchemaOfANewerVersionIsRefusedBeforeAnythingIsTouched() throws SQLException {
    var newer = RealServices.emptyDatabase("newer");
    RealServices.migrate(newer);
    try (var owner = Sql.connect(newer.migration())) {
      Sql.run(owner, "insert into flyway_schema_history (installed_rank, version, description, type, script, checksum,"
          + " installed_by, execution_time, success) values (999, '9999', 'x', 'SQL', 'V9999__x.sql', 1, 'x', 1, true)");
    }
    var file = new PanelBackups(newer.migration(), RealServices.MASTER_KEY, PASSPHRASE).write(directory).file();
    refused(Reason.SCHEMA_UNKNOWN, () -> restore(file));
    assertThat(PanelRestore.isEmpty(target.migration())).isTrue();
  }

  @Test
  void whatWasUnderWayIsAskedOfItsServersUnderFencesAboveAllTheyHaveSeen() throws SQLException {
    var acme = Tenants.acme();
    var server = acme.server();
    for (var status : List.of("QUEUED", "RUNNING", "SUCCEEDED")) {
      RealServices.asAdministrator("insert into operation (tenant_id, type, subject_kind, subject_id, subject_label,"
          + " server_id, status, requested_label, next_try_at) values ('" + acme.id() + "', 'X', 'site', '" + server
          + "', '" + status + "', '" + server + "', '" + status + "', 'x', now() + interval '1 day')");
    }
    var file = backup();
    RealServices.asAdministrator("update operation set status = 'FAILED' where tenant_id = '" + acme.id() + "'");
    restore(file);
    long first = fence(target.jobs());
    assertThat(first).isGreaterThan(fence(RealServices.logins().jobs()));
    try (var after = asAdministrator(target)) {
      assertThat(Sql.list(after,
          "select subject_label || ' ' || status || ' ' || copied || ' ' || (sent_at is not null)"
              + " || ' ' || (coalesce(lease_expires_at, 'infinity') <= now()) from operation where tenant_id = ? order by 1",
          row -> row.getString(1), acme.id().value())).containsExactly("QUEUED RUNNING true true true",
              "RUNNING RUNNING true true true", "SUCCEEDED SUCCEEDED false false false");
    }
    new PanelRestore(file, PASSPHRASE, target).restore(true, NOTHING);
    assertThat(fence(target.jobs())).as("after another restore of the same old copy").isGreaterThan(first + 100);
  }

  @Test
  void whatBecameDueMeanwhileIsNotDoneAllAtOnceAndNothingGoesForGoodAtOnce() throws SQLException {
    var acme = Tenants.acme();
    var server = acme.server();
    var ids = List.of(UUID.randomUUID(), UUID.randomUUID());
    RealServices.asAdministrator("insert into site (id, tenant_id, server_id, domain, type, uid, unix_user, status,"
        + " retained_until) select '" + ids.getFirst() + "', '" + acme.id() + "', '" + server + "', '" + acme.slug()
        + ".example', 'static', u, 's' || u, 'DELETED', now() - interval '1 day'"
        + " from (select nextval('site_uid_seq') as u) n");
    RealServices.asAdministrator("insert into backup_schedule (id, tenant_id, site_id, backup_type, cron, zone,"
        + " offset_seconds, catch_up, grace_minutes, keep_last, keep_daily, keep_weekly, keep_monthly, keep_yearly,"
        + " prove_days, planned_until) values ('" + ids.getLast() + "', '" + acme.id() + "', '" + ids.getFirst()
        + "', 'FULL', '0 0 2 * * *', 'UTC', 0, true, 60, 1, 0, 0, 0, 0, 0, now() - interval '20 days')");
    RealServices.asAdministrator("insert into backup_run (tenant_id, schedule_id, due_at, start_by, status) values ('"
        + acme.id() + "', '" + ids.getLast() + "', now() - interval '21 days', now() - interval '21 days', 'PLANNED')");
    restore(backup());
    try (var after = asAdministrator(target)) {
      assertThat(Sql.list(after, "select status from backup_run where schedule_id = ?", row -> row.getString(1),
          ids.getLast())).containsExactly("MISSED");
      assertThat(Sql.is(after, "select planned_until > now() - interval '1 hour' from backup_schedule where id = ?",
          ids.getLast())).isTrue();
      assertThat(Sql.is(after, "select retained_until > now() + interval '6 days' from site where id = ?",
          ids.getFirst())).as("what was brought back after the copy must not be purged").isTrue();
      assertThat(Sql.is(after, "select nextval('site_uid_seq') > max(uid) + 9000 from site")).isTrue();
    } finally {
      RealServices.asAdministrator("delete from backup_schedule where id = '" + ids.getLast() + "'");
      RealServices.asAdministrator("delete from site where id = '" + ids.getFirst() + "'");
    }
  }

  private static long fence(DatabaseLogin jobs) throws SQLException {
    try (var connection = Sql.connect(jobs)) {
      return Sql.one(connection, "select nextval('operation_fence_seq')", row -> row.getLong(1));
    }
  }
}
