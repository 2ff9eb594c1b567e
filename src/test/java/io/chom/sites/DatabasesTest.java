package io.chom.sites;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.audit.Audit;
import io.chom.audit.AuditEvent;
import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.operations.Cancellation;
import io.chom.operations.Operation;
import io.chom.operations.OperationStatus;
import io.chom.operations.Operations;
import io.chom.servers.ServerId;
import io.chom.sites.DatabaseRefused.Reason;
import io.chom.sites.Databases.Promised;
import io.chom.tenancy.TenantContext;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.json.JsonMapper;

/** What a request for a database promises, before any server is asked. */
@ExtendWith(RealServices.class)
@SpringBootTest(properties = "chom.worker.enabled=false")
class DatabasesTest {
  @Autowired
  Databases databases;
  @Autowired
  Sites sites;
  @Autowired
  SiteStorage storage;
  @Autowired
  Operations operations;
  @Autowired
  Cancellation cancellation;
  @Autowired
  ProvisionDatabase provision;
  @Autowired
  DropDatabase dropping;
  @Autowired
  RemoveSite removal;
  @Autowired
  TransactionTemplate transaction;
  @Autowired
  Audit audit;
  final Tenants acme = Tenants.acme();
  final Tenants globex = Tenants.globex();
  final Tenants.Person ada = acme.admin();
  final Tenants.Person bob = acme.admin();
  SiteId site;
  UUID server;

  @BeforeEach
  void acmeHasASite() {
    server = acme.server();
    site = site(acme);
  }

  @Test
  void promisesTheDatabaseTheOperationAndTheAuditEventTogetherAndNoPasswordAnywhere() {
    var promised = create("shop", null);
    var operation = as(acme, () -> operations.get(promised.operation().id()));
    assertThat(operation.status()).isEqualTo(OperationStatus.QUEUED);
    assertThat(operation.subject().id()).isEqualTo(site.value());
    assertThat(operation.payload().propertyNames()).containsExactlyInAnyOrder("user", "name", "database");
    assertThat(as(acme, () -> audit.page(null, 5))).extracting(AuditEvent::action).contains("database.create");
    assertThat(text("select password_sealed from site_database where id = '" + promised.database() + "'"))
        .startsWith("v1.");
  }

  @Test
  void aPasswordIsShownOnceToWhoeverAskedForItAndOnlyWhenItIsSet() throws Exception {
    var made = create("shop", null);
    assertThat(refusal(() -> show(made, ada))).isEqualTo(Reason.PASSWORD_NOT_SHOWN);
    succeed(made.operation());
    assertThat(refusal(() -> show(made, bob))).isEqualTo(Reason.PASSWORD_NOT_SHOWN);
    var answers = together(() -> show(made, ada), () -> show(made, ada), () -> show(made, ada));
    assertThat(answers).filteredOn(String.class::isInstance).singleElement().asString().matches("[A-Za-z0-9_-]{32}");
    assertThat(answers).filteredOn(DatabaseRefused.class::isInstance).hasSize(2);
    assertThat(text("select coalesce(password_sealed, 'gone') from site_database where id = '" + made.database() + "'"))
        .isEqualTo("gone");
  }

  @Test
  void aNewPasswordIsAnotherOneAndTheDatabaseIsUsableAgain() {
    var made = create("shop", null);
    succeed(made.operation());
    var first = show(made, ada);
    var renewed = as(acme, () -> databases.renewPassword(site, made.database(), actor(bob)));
    assertThat(status(made)).isEqualTo(DatabaseStatus.CHANGING);
    succeed(renewed.operation());
    assertThat(show(made, bob)).isNotEqualTo(first);
  }

  @Test
  void twoWhoAskForOneNameAtOnceGetOneDatabase() throws Exception {
    var answers = together(() -> create("shop", null), () -> create("shop", null), () -> create("shop", null));
    assertThat(answers).filteredOn(Promised.class::isInstance).hasSize(1);
    assertThat(answers).filteredOn(DatabaseRefused.class::isInstance).hasSize(2)
        .allSatisfy(refused -> assertThat(((DatabaseRefused) refused).reason()).isEqualTo(Reason.DATABASE_NAME_TAKEN));
    assertThat(as(acme, () -> databases.of(site))).hasSize(1);
  }

  @Test
  void aDoubleClickMakesOneDatabaseAndAKeyMakesNoSecondThing() throws Exception {
    var key = "click-" + Uuid7.next();
    var answers = together(() -> create("shop", key), () -> create("shop", key));
    assertThat(answers).hasOnlyElementsOfType(Promised.class)
        .extracting(answer -> ((Promised) answer).operation().id())
        .containsOnly(((Promised) answers.getFirst()).operation().id());
    assertThat(as(acme, () -> databases.of(site))).hasSize(1);
    assertThat(refusal(() -> create("blog", key))).isEqualTo(Reason.IDEMPOTENCY_KEY_REUSED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Shop", "shop-2", "1shop", "_shop", "a b", "a`b", "a'b", "a%", "ä", "../x", "a\n",
      "abcdefghijklmnopqrstuvwxyz0123456"})
  void aNameIsSmallLettersDigitsAndUnderscores(String name) {
    assertThat(refusal(() -> create(name, null))).isEqualTo(Reason.DATABASE_NAME_INVALID);
  }

  @Test
  void aSiteHasAtMostTwentyHoweverManyAskAtOnce() throws Exception {
    List<Callable<Object>> askers = new ArrayList<>();
    for (int i = 0; i < DatabaseRefused.MOST + 3; i++) {
      var name = "db" + i;
      askers.add(() -> create(name, null));
    }
    var answers = together(askers);
    assertThat(answers).filteredOn(Promised.class::isInstance).hasSize(DatabaseRefused.MOST);
    assertThat(answers).filteredOn(DatabaseRefused.class::isInstance).hasSize(3);
  }

  @Test
  void anotherTenantsDatabaseIsNotFoundByAnyWayNorThroughAnotherSite() {
    var made = create("shop", null);
    succeed(made.operation());
    var other = site(acme);
    globex.server();
    var theirs = site(globex);
    as(globex, () -> {
      assertThatThrownBy(() -> databases.of(site)).isInstanceOf(SiteNotFound.class);
      assertThatThrownBy(() -> databases.create(site, "x", null, Actor.PANEL)).isInstanceOf(SiteNotFound.class);
      assertThatThrownBy(() -> databases.get(theirs, made.database())).isInstanceOf(DatabaseNotFound.class);
      assertThatThrownBy(() -> databases.showPassword(theirs, made.database(), ada.id(), Actor.PANEL))
          .isInstanceOf(DatabaseNotFound.class);
      assertThatThrownBy(() -> databases.drop(theirs, made.database(), "shop", true, Actor.PANEL))
          .isInstanceOf(DatabaseNotFound.class);
      assertThatThrownBy(() -> databases.renewPassword(theirs, made.database(), Actor.PANEL))
          .isInstanceOf(DatabaseNotFound.class);
      assertThat(databases.seenOf(site)).isEmpty();
      return null;
    });
    assertThatThrownBy(() -> as(acme, () -> databases.get(other, made.database())))
        .isInstanceOf(DatabaseNotFound.class);
  }

  @Test
  void aDatabaseGoesOnlyByItsNameAndOnlyOnceAndItsNameIsFreeAgain() throws Exception {
    var made = create("shop", null);
    succeed(made.operation());
    assertThat(refusal(() -> drop(made, "other"))).isEqualTo(Reason.NAME_DOES_NOT_MATCH);
    var answers = together(() -> drop(made, "shop"), () -> drop(made, "shop"));
    assertThat(answers).filteredOn(Promised.class::isInstance).hasSize(1);
    assertThat(answers).filteredOn(DatabaseRefused.class::isInstance).hasSize(1);
    var dropped = (Promised) answers.stream().filter(Promised.class::isInstance).findFirst().orElseThrow();
    end(() -> dropping.whenSucceeded(dropped.operation(), dropped.operation().payload()));
    assertThat(as(acme, () -> databases.of(site))).isEmpty();
    assertThat(as(acme, () -> databases.seenOf(site))).extracting(DatabaseView::status)
        .containsExactly(DatabaseStatus.DROPPED);
    assertThat(create("shop", null).database()).isNotEqualTo(made.database());
  }

  @Test
  void whatIsCancelledBeforeItBeganLeavesADatabaseAsItWas() {
    var made = create("shop", null);
    succeed(made.operation());
    var dropped = drop(made, "shop");
    as(acme, () -> cancellation.cancel(dropped.operation().id(), Actor.PANEL));
    assertThat(status(made)).isEqualTo(DatabaseStatus.ACTIVE);
    var renewed = as(acme, () -> databases.renewPassword(site, made.database(), actor(ada)));
    as(acme, () -> cancellation.cancel(renewed.operation().id(), Actor.PANEL));
    assertThat(status(made)).isEqualTo(DatabaseStatus.ACTIVE);
    assertThat(refusal(() -> show(made, ada))).as("it was never set").isEqualTo(Reason.PASSWORD_NOT_SHOWN);
    var second = create("blog", null);
    as(acme, () -> cancellation.cancel(second.operation().id(), Actor.PANEL));
    assertThat(status(second)).isEqualTo(DatabaseStatus.FAILED);
  }

  @Test
  void aCreationThatFailedIsTriedAgainWithItsPasswordStillThere() {
    var made = create("shop", null);
    end(() -> provision.whenFailed(made.operation(), "DEPENDENCY_FAILED", "MariaDB does not answer"));
    assertThat(as(acme, () -> databases.get(site, made.database())).failure()).isEqualTo("MariaDB does not answer");
    var again = Objects.requireNonNull(as(acme, () -> transaction.execute(_ -> provision.repeat(made.operation()))));
    assertThat(again.payload()).containsEntry("name", "shop").doesNotContainKey("password");
    assertThat(status(made)).isEqualTo(DatabaseStatus.CREATING);
    succeed(made.operation());
    assertThat(show(made, ada)).hasSize(32);
  }

  @Test
  void aPurgedSiteTakesItsDatabasesAlongAndARetainedOneDoesNot() {
    var made = create("shop", null);
    succeed(made.operation());
    var domain = as(acme, () -> sites.get(site)).domain();
    var deletion = as(acme, () -> sites.delete(site, new DeleteSite(domain, true), Actor.PANEL));
    assertThat(refusal(() -> create("late", null))).isEqualTo(Reason.NOT_IN_THIS_STATE);
    end(() -> removal.whenSucceeded(deletion, deletion.payload()));
    assertThat(text("select status from site_database where id = '" + made.database() + "'")).isEqualTo("DROPPED");
    // an end that comes late changes nothing any more
    end(() -> provision.whenFailed(made.operation(), "X", "late"));
    assertThat(text("select status from site_database where id = '" + made.database() + "'")).isEqualTo("DROPPED");
  }

  @Test
  void aServersFiguresReachOnlyTheSitesThatAreOnIt() {
    var mine = as(acme, () -> sites.get(site)).unixUser();
    globex.server();
    var theirs = site(globex);
    var theirUser = as(globex, () -> sites.get(theirs)).unixUser();
    var said = new JsonMapper().readTree("""
        [{"user":"%s","disk_bytes":5242881,"disk_at":"2026-01-01T00:00:00Z"},
         {"user":"%s","disk_bytes":1048576,"disk_at":"2026-01-01T00:00:00Z"},{"user":"s1"},{}]
        """.formatted(mine, theirUser));
    for (var tenant : List.of(acme, globex)) {
      as(tenant, () -> {
        storage.note(new ServerId(server), said);
        return null;
      });
    }
    assertThat(as(acme, () -> sites.get(site))).satisfies(view -> {
      assertThat(view.storageUsedMb()).isEqualTo(6);
      assertThat(view.storageAt()).isNotNull();
    });
    assertThat(as(globex, () -> sites.get(theirs)).storageAt()).isNull();
    assertThat(as(acme, () -> sites.stats()).storageUsedMb()).isEqualTo(6);
    assertThat(as(globex, () -> sites.stats()).storageUsedMb()).isZero();
    // an older figure, which took a longer way, changes nothing
    as(acme, () -> {
      storage.note(new ServerId(server), new JsonMapper().readTree("""
          [{"user":"%s","disk_bytes":1,"disk_at":"2025-01-01T00:00:00Z"}]""".formatted(mine)));
      return null;
    });
    assertThat(as(acme, () -> sites.get(site)).storageUsedMb()).isEqualTo(6);
  }

  private SiteId site(Tenants tenant) {
    var domain = "d" + Uuid7.next().toString().replace("-", "").substring(8) + ".example";
    var created = as(tenant, () -> sites.create(
        new CreateSite(DomainName.parse(domain), SiteType.PHP, null, null, null), Actor.PANEL));
    RealServices.asAdministrator("update site set status = 'ACTIVE' where id = '" + created.site() + "'");
    return created.site();
  }

  private Promised create(String name, @Nullable String key) {
    return as(acme, () -> databases.create(site, name, key, actor(ada)));
  }

  private Promised drop(Promised made, String typed) {
    return as(acme, () -> databases.drop(site, made.database(), typed, false, actor(ada)));
  }

  private String show(Promised made, Tenants.Person person) {
    return as(acme, () -> databases.showPassword(site, made.database(), person.id(), actor(person)));
  }

  private DatabaseStatus status(Promised made) {
    return as(acme, () -> databases.get(site, made.database())).status();
  }

  private void succeed(Operation operation) {
    end(() -> provision.whenSucceeded(operation, operation.payload()));
  }

  private void end(Runnable handler) {
    as(acme, () -> transaction.execute(_ -> {
      handler.run();
      return true;
    }));
  }

  private static Actor actor(Tenants.Person person) {
    return new Actor(person.id(), person.email());
  }

  private static Reason refusal(Supplier<?> work) {
    try {
      throw new AssertionError("not refused: " + work.get());
    } catch (DatabaseRefused refused) {
      return refused.reason();
    }
  }

  private static <T> T as(Tenants tenant, Supplier<T> work) {
    return TenantContext.callAs(tenant.id(), work::get);
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
    return together(List.of(askers));
  }

  private static List<Object> together(List<Callable<Object>> askers) throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Object> answers = new ArrayList<>();
      for (var answer : threads.invokeAll(askers)) {
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
