package io.chom.backups;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.backups.BackupRefused.Reason;
import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.OperationNotSent;
import io.chom.operations.OperationRefused;
import io.chom.sites.CreateSite;
import io.chom.sites.DatabaseRefused;
import io.chom.sites.DatabaseStatus;
import io.chom.sites.DatabaseView;
import io.chom.sites.Databases;
import io.chom.sites.DomainName;
import io.chom.sites.KnownSites;
import io.chom.sites.SiteId;
import io.chom.sites.SiteNotFound;
import io.chom.sites.SiteRefused;
import io.chom.sites.SiteStatus;
import io.chom.sites.SiteType;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Parts of a backup, and backups that come into another or a new site: what is promised, and what becomes of it. */
class RestoreElsewhereTest extends SiteWithBackups {
  @Autowired
  Restores restores;
  @Autowired
  RestoreBackup restoring;
  @Autowired
  UndoRestore undoing;
  @Autowired
  Databases databases;
  @Autowired
  KnownSites known;
  SiteId other;
  BackupId backup;

  @BeforeEach
  void acmeHasAnotherSiteOnTheSameServer() {
    other = site(acme);
    RealServices.asAdministrator("update site set server_id = (select server_id from site where id = '" + site
        + "') where id = '" + other + "'");
    backup = backup(1);
    RealServices.asAdministrator("update site_backup set databases = '[\"shop\", \"stats\"]' where id = '" + backup
        + "'; update backup_repository set server_id = (select server_id from site where id = '" + site
        + "') where site_id = '" + site + "'");
  }

  private SiteId site(Tenants tenant) {
    var made = as(tenant, () -> sites.create(new CreateSite(name(), SiteType.STATIC, null, null, null), Actor.PANEL));
    RealServices.asAdministrator("update site set status = 'ACTIVE' where id = '" + made.site() + "'; update operation"
        + " set status = 'SUCCEEDED', finished_at = now() where subject_id = '" + made.site() + "'");
    return made.site();
  }

  private static DomainName name() {
    return DomainName.parse("r" + Uuid7.next().toString().replace("-", "") + ".example");
  }

  private static RestoreScope full(boolean adapt) {
    return new RestoreScope(BackupType.FULL, null, List.of(), List.of(), adapt);
  }

  private static RestoreScope paths(String... paths) {
    return new RestoreScope(BackupType.FILES, null, List.of(paths), List.of(), false);
  }

  private static RestoreScope tables(String database, String... tables) {
    return new RestoreScope(BackupType.DATABASE, database, List.of(), List.of(tables), false);
  }

  private Operation into(SiteId to, RestoreScope scope, @Nullable String key) {
    return as(acme, () -> restores.restoreInto(to, site, backup,
        new Restores.Wanted(scope, text("select domain from site where id = '" + to + "'")), key, Actor.PANEL))
        .operation();
  }

  @Test
  void singleFilesAndTablesArePromisedAsTheyWereChosen() {
    var files = into(site, paths("shared/b", "shared/a", "shared/a"), null);
    assertThat(files.payload().path("paths").toString()).isEqualTo("[\"shared/a\",\"shared/b\"]");
    assertThat(files.payload().path("what").asString()).isEqualTo("files");
    assertThat(files.payload().has("source")).isFalse();
    end(files);
    assertThat(as(acme, () -> restores.undoable(site)).orElseThrow().paths()).isEqualTo(2);
    var tables = into(site, tables("shop", "wp_posts"), null);
    assertThat(tables.payload().path("tables").toString()).isEqualTo("[\"wp_posts\"]");
    assertThat(tables.payload().path("database").asString()).isEqualTo("shop");
    assertThat(as(acme, () -> databases.of(site))).as("nothing is made for it").isEmpty();
  }

  @Test
  void whatCannotBeChosenIsRefusedAndNothingBegins() {
    for (var path : List.of("../x", "/etc/passwd", "a/../b", "a%2Fb", "%00", "a\nb", "")) {
      assertThat(refusal(() -> into(site, paths(path), null))).as(path).isEqualTo(Reason.NAME_NOT_WRITTEN_SO);
    }
    assertThat(refusal(() -> into(site,
        paths(IntStream.range(0, 101).mapToObj(i -> "f" + i).toArray(String[]::new)), null)))
        .isEqualTo(Reason.TOO_MUCH_CHOSEN);
    assertThat(refusal(() -> into(site, paths("a".repeat(4_000), "b".repeat(4_000), "c".repeat(4_000),
        "d".repeat(4_000), "e".repeat(4_000)), null))).isEqualTo(Reason.TOO_MUCH_CHOSEN);
    assertThat(refusal(() -> into(site, tables("nothing", "a"), null))).isEqualTo(Reason.NOT_IN_BACKUP);
    assertThat(refusal(() -> into(site,
        new RestoreScope(BackupType.FULL, null, List.of("a"), List.of(), false), null)))
        .isEqualTo(Reason.NOT_IN_BACKUP);
    assertThat(refusal(() -> into(site,
        new RestoreScope(BackupType.DATABASE, null, List.of(), List.of("a"), false), null)))
        .isEqualTo(Reason.NOT_IN_BACKUP);
    assertThat(refusal(() -> into(site, full(true), null))).isEqualTo(Reason.NOTHING_TO_ADAPT);
    assertThat(refusal(() -> into(other,
        new RestoreScope(BackupType.FILES, null, List.of("a"), List.of(), true), null)))
        .isEqualTo(Reason.NOTHING_TO_ADAPT);
    assertThat(view().idle()).isTrue();
    assertThat(status(site)).isEqualTo(SiteStatus.ACTIVE);
  }

  @Test
  void intoAnotherSiteItsDatabasesAreExpectedAndNoPasswordIsInThePromise() {
    var there = as(acme, () -> databases.create(other, "shop", null, Actor.PANEL));
    RealServices.asAdministrator("update site_database set status = 'ACTIVE', password_sealed = null where id = '"
        + there.database() + "'");
    var operation = into(other, full(true), null);
    assertThat(operation.subject().id()).isEqualTo(other.value());
    assertThat(operation.payload().path("user").asString()).isEqualTo(user(other));
    assertThat(operation.payload().path("source").asString()).isEqualTo(user(site));
    assertThat(operation.payload().path("adapt").asBoolean()).isTrue();
    assertThat(status(other)).isEqualTo(SiteStatus.RESTORING);
    assertThat(status(site)).isEqualTo(SiteStatus.ACTIVE);
    assertThat(view().activity()).isEqualTo(BackupActivity.RESTORING);
    assertThat(states(other)).containsExactly("shop CHANGING", "stats CREATING");
    assertThat(operation.payload().propertyNames()).containsExactlyInAnyOrder("user", "source", "backup", "snapshot",
        "manifest", "repository", "what", "adapt", "panel");
    assertThat(operation.payload().path("panel").propertyNames()).containsExactlyInAnyOrder("backup", "restore",
        "databases", "was");

    end(operation);
    assertThat(status(other)).isEqualTo(SiteStatus.ACTIVE);
    assertThat(states(other)).containsExactly("shop ACTIVE", "stats ACTIVE");
    assertThat(as(acme, () -> restores.undoable(other))).isPresent();
    assertThat(as(acme, () -> restores.undoable(site))).isEmpty();
    assertThat(sealed(other, "shop")).as("to be shown once").isTrue();

    var undo = as(acme, () -> restores.undo(other, Actor.PANEL));
    inTransaction(() -> undoing.whenSucceeded(undo, json("{\"state\":\"active\"}")));
    assertThat(sealed(other, "shop")).as("the old password holds again").isFalse();
    assertThat(sealed(other, "stats")).isTrue();
  }

  @Test
  void oneThatCameToNothingLeavesThePasswordsAndOneThatEndedHalfWayDoesNotClaimToKnow() {
    var there = as(acme, () -> databases.create(other, "shop", null, Actor.PANEL));
    RealServices.asAdministrator("update site_database set status = 'ACTIVE', password_sealed = null where id = '"
        + there.database() + "'");
    var first = into(other, full(true), null);
    fail(first, "NO_ROOM");
    assertThat(states(other)).containsExactly("shop ACTIVE", "stats FAILED");
    assertThat(sealed(other, "shop")).isFalse();
    assertThat(status(other)).isEqualTo(SiteStatus.ACTIVE);
    assertThat(view().idle()).isTrue();

    var again = operation(repeat(first));
    assertThat(again.payload().path("source").asString()).isEqualTo(user(site));
    assertThat(states(other)).containsExactly("shop CHANGING", "stats CREATING");
    as(acme, () -> {
      known.touched(other);
      return true;
    });
    fail(again, "INTERNAL");
    assertThat(states(other)).containsExactly("shop FAILED", "stats FAILED");
    assertThat(status(other)).isEqualTo(SiteStatus.FAILED);
    assertThat(as(acme, () -> restores.undoable(other))).as("what was there is kept").isPresent();
  }

  @Test
  void whileADatabaseOfTheOtherSiteChangesNothingBegins() {
    as(acme, () -> databases.create(other, "shop", null, Actor.PANEL));
    assertThatThrownBy(() -> into(other, full(false), null)).isInstanceOf(DatabaseRefused.class);
    assertThat(view().idle()).isTrue();
    assertThat(status(other)).isEqualTo(SiteStatus.ACTIVE);
  }

  @Test
  void aBackupOnOneServerIsOutOfReachOfAnotherAndBothAreNamed() {
    var there = acme.server();
    RealServices.asAdministrator("update site set server_id = '" + there + "' where id = '" + other + "'");
    assertThatThrownBy(() -> into(other, full(true), null)).isInstanceOf(BackupRefused.class)
        .hasMessageContaining("cannot be reached from").extracting("reason").isEqualTo(Reason.OUT_OF_REACH);
    assertThat(refusal(() -> as(acme, () -> {
      restores.requireReach(backup, other);
      return true;
    }))).isEqualTo(Reason.OUT_OF_REACH);
    assertThat(view().idle()).isTrue();
    assertThat(status(other)).isEqualTo(SiteStatus.ACTIVE);
  }

  @Test
  void aBackupOfADeletedSiteComesIntoAnotherOne() {
    RealServices.asAdministrator("update site set status = 'DELETED', deleted_at = now() where id = '" + site + "'");
    assertThat(refusal(() -> into(site, full(false), null))).isEqualTo(Reason.SITE_GONE);
    end(into(other, full(true), null));
    assertThat(status(other)).isEqualTo(SiteStatus.ACTIVE);
  }

  @Test
  void neitherAnotherTenantsBackupNorAnotherTenantsSiteIsFound() {
    var theirs = site(globex);
    assertThatThrownBy(() -> into(theirs, full(true), null)).isInstanceOf(SiteNotFound.class);
    as(globex, () -> {
      var wanted = new Restores.Wanted(full(true), "x");
      assertThatThrownBy(() -> restores.restoreInto(theirs, site, backup, wanted, null, Actor.PANEL))
          .isInstanceOf(BackupNotFound.class);
      assertThatThrownBy(() -> restores.restoreInto(other, site, backup, wanted, null, Actor.PANEL))
          .isInstanceOf(BackupNotFound.class);
      assertThatThrownBy(() -> restores.restoreAsNew(site, backup, full(true), name(), null, null, Actor.PANEL))
          .isInstanceOf(BackupNotFound.class);
      assertThatThrownBy(() -> restores.restoreAsNew(theirs, backup, full(true), name(), null, null, Actor.PANEL))
          .isInstanceOf(BackupNotFound.class);
      assertThat(restores.awaited(other)).isEmpty();
      return true;
    });
    assertThat(view().idle()).isTrue();
    assertThat(status(theirs)).isEqualTo(SiteStatus.ACTIVE);
  }

  @Test
  void ofTwoAtOnceOneIsPromisedAndADoubleClickPromisesOne() throws Exception {
    var both = together(() -> into(other, full(true), null), () -> into(site, full(false), null));
    assertThat(both).filteredOn(Operation.class::isInstance).hasSize(1);
    assertThat(both).filteredOn(BackupRefused.class::isInstance).hasSize(1);
    nothingIsLeftToDo();
    RealServices.asAdministrator("update site_backup set activity = null where id = '" + backup
        + "'; update site set status = 'ACTIVE' where id in ('" + site + "', '" + other + "');"
        + " update site_database set status = 'ACTIVE' where site_id = '" + other + "'");
    var key = "click-" + Uuid7.next();
    var clicks = together(() -> into(other, full(true), key), () -> into(other, full(true), key));
    assertThat(clicks).hasOnlyElementsOfType(Operation.class).extracting(one -> ((Operation) one).id())
        .containsOnly(((Operation) clicks.getFirst()).id());
    assertThat(refusal(() -> into(other, full(false), key))).isEqualTo(Reason.IDEMPOTENCY_KEY_REUSED);
    assertThat(refusal(() -> into(site, full(false), key))).isEqualTo(Reason.IDEMPOTENCY_KEY_REUSED);
  }

  private Restores.PromisedSite asNew(DomainName domain, @Nullable String key) {
    return as(acme, () -> restores.restoreAsNew(site, backup, full(true), domain, null, key, Actor.PANEL));
  }

  @Test
  void aNewSiteAndWhatComesIntoItArePromisedTogetherAndTheSecondWaitsForTheFirst() {
    var key = "new-" + Uuid7.next();
    var domain = name();
    var made = asNew(domain, key);
    assertThat(asNew(domain, key)).as("a double click").extracting("site").isEqualTo(made.site());
    assertThat(status(made.site())).isEqualTo(SiteStatus.PROVISIONING);
    assertThat(as(acme, () -> sites.get(made.site())).type()).isEqualTo(SiteType.STATIC);
    assertThat(made.restore().server()).as("where the backup lies").isEqualTo(UUID.fromString(
        text("select server_id from site where id = '" + site + "'")));
    assertThat(states(made.site())).containsExactly("shop CREATING", "stats CREATING");
    assertThat(as(acme, () -> restores.awaited(made.site())).orElseThrow().running()).isTrue();
    assertThatThrownBy(() -> begin(made)).isInstanceOf(OperationNotSent.class);

    RealServices.asAdministrator("update site set status = 'ACTIVE' where id = '" + made.site() + "'");
    assertThat(as(acme, () -> known.beginFirstRestore(made.site()))).contains(true);
    assertThat(as(acme, () -> known.beginFirstRestore(made.site()))).as("taken up by another worker").contains(true);
    end(made.restore());
    assertThat(status(made.site())).isEqualTo(SiteStatus.ACTIVE);
    assertThat(as(acme, () -> restores.awaited(made.site()))).isEmpty();
  }

  @Test
  void aNewSiteIntoWhichNothingCameSaysSoAndIsAskedForAgain() {
    var made = asNew(name(), null);
    RealServices.asAdministrator("update site set status = 'ACTIVE' where id = '" + made.site() + "'");
    as(acme, () -> known.beginFirstRestore(made.site()));
    fail(made.restore(), "NO_ROOM");
    assertThat(status(made.site())).as("it can be used").isEqualTo(SiteStatus.ACTIVE);
    assertThat(as(acme, () -> restores.awaited(made.site()))).hasValueSatisfying(awaited -> {
      assertThat(awaited.running()).isFalse();
      assertThat(awaited.failure()).isEqualTo("for a reason");
      assertThat(awaited.source()).isEqualTo(site);
    });
    var again = operation(repeat(made.restore()));
    assertThat(status(made.site())).isEqualTo(SiteStatus.RESTORING);
    end(again);
    assertThat(as(acme, () -> restores.awaited(made.site()))).isEmpty();
    assertThat(states(made.site())).containsExactly("shop ACTIVE", "stats ACTIVE");
  }

  @Test
  void whereTheSiteWasNotMadeNothingIsRestored() {
    var made = asNew(name(), null);
    RealServices.asAdministrator("update site set status = 'FAILED', failure = 'x' where id = '" + made.site() + "'");
    assertThatThrownBy(() -> begin(made)).isInstanceOf(OperationRefused.class).extracting("code")
        .isEqualTo("SITE_NOT_MADE");
    fail(made.restore(), "SITE_NOT_MADE");
    assertThat(status(made.site())).isEqualTo(SiteStatus.FAILED);
    assertThat(states(made.site())).containsExactly("shop FAILED", "stats FAILED");
    assertThat(view().idle()).isTrue();
  }

  @Test
  void aNameThatIsTakenMakesNeitherSiteNorRestore() {
    var taken = DomainName.parse(text("select domain from site where id = '" + other + "'"));
    long before = Long.parseLong(text("select count(*) from operation where tenant_id = '" + acme.id() + "'"));
    assertThatThrownBy(() -> asNew(taken, null)).isInstanceOf(SiteRefused.class);
    assertThat(text("select count(*) from operation where tenant_id = '" + acme.id() + "'"))
        .isEqualTo(Long.toString(before));
    assertThat(view().idle()).isTrue();
  }

  private void begin(Restores.PromisedSite made) {
    as(acme, () -> {
      restoring.requireMade(made.site());
      return true;
    });
  }

  private void end(Operation operation) {
    var answer = "{\"previous\":\"previous-1\",\"until\":\"%s\",\"state\":\"active\"}"
        .formatted(Instant.now().plus(7, ChronoUnit.DAYS));
    inTransaction(() -> restoring.whenSucceeded(operation, json(answer)));
  }

  private void fail(Operation operation, String code) {
    inTransaction(() -> restoring.whenFailed(operation, code, "for a reason"));
  }

  private NewOperation repeat(Operation failed) {
    return Objects.requireNonNull(as(acme, () -> transaction.execute(_ -> restoring.repeat(failed))));
  }

  private Operation operation(NewOperation wanted) {
    return Objects.requireNonNull(as(acme, () -> transaction.execute(_ -> operations.request(wanted, Actor.PANEL))));
  }

  private void inTransaction(Runnable work) {
    as(acme, () -> transaction.execute(_ -> {
      work.run();
      return true;
    }));
  }

  private static JsonNode json(String text) {
    return new JsonMapper().readTree(text);
  }

  private BackupView view() {
    return as(acme, () -> backups.get(site, backup));
  }

  private static SiteStatus status(SiteId of) {
    return SiteStatus.valueOf(text("select status from site where id = '" + of + "'"));
  }

  private static String user(SiteId of) {
    return text("select unix_user from site where id = '" + of + "'");
  }

  private List<String> states(SiteId of) {
    return as(acme, () -> databases.of(of)).stream().map(RestoreElsewhereTest::state).toList();
  }

  private static String state(DatabaseView one) {
    assertThat(one.status()).isIn((Object[]) DatabaseStatus.values());
    return one.name() + " " + one.status();
  }

  private static boolean sealed(SiteId of, String name) {
    return text("select password_sealed is not null from site_database where site_id = '" + of + "' and name = '" + name
        + "'").equals("t");
  }

  private static Reason refusal(Callable<?> work) {
    try {
      throw new AssertionError("not refused: " + work.call());
    } catch (BackupRefused refused) {
      return refused.reason();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static String text(String sql) {
    try (var connection = RealServices.asAdministrator(); var rows = connection.createStatement().executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @SafeVarargs
  private static List<Object> together(Callable<Object>... askers) throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Object> answers = new ArrayList<>();
      for (var answer : threads.invokeAll(List.of(askers))) {
        try {
          answers.add(answer.get());
        } catch (ExecutionException e) {
          answers.add(Objects.requireNonNull(e.getCause()));
        }
      }
      return answers;
    }
  }
}
