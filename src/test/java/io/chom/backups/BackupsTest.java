package io.chom.backups;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.audit.Audit;
import io.chom.audit.AuditEvent;
import io.chom.backups.BackupRefused.Reason;
import io.chom.backups.Backups.Promised;
import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.operations.Cancellation;
import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.OperationHandler;
import io.chom.operations.OperationId;
import io.chom.operations.OperationRefused;
import io.chom.operations.OperationRun;
import io.chom.operations.OperationStatus;
import io.chom.operations.Operations;
import io.chom.sites.CreateSite;
import io.chom.sites.DeleteSite;
import io.chom.sites.DomainName;
import io.chom.sites.SiteId;
import io.chom.sites.SiteNotFound;
import io.chom.sites.SiteRefused;
import io.chom.sites.SiteStatus;
import io.chom.sites.SiteType;
import io.chom.sites.Sites;
import io.chom.ssh.Eventually;
import io.chom.tenancy.TenantContext;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.lang.reflect.Proxy;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

/** What a request about a backup promises, and what becomes of it, whatever its server answers. */
@ExtendWith(RealServices.class)
@SpringBootTest(properties = "chom.worker.enabled=false")
class BackupsTest {
  private static final String SNAPSHOT = "a".repeat(64);
  private static final String MANIFEST = "b".repeat(64);

  @Autowired
  Backups backups;
  @Autowired
  Restores restores;
  @Autowired
  Repositories repositories;
  @Autowired
  Sites sites;
  @Autowired
  Operations operations;
  @Autowired
  Cancellation cancellation;
  @Autowired
  BackupWork work;
  @Autowired
  TakeBackup taking;
  @Autowired
  ProveBackup proving;
  @Autowired
  RestoreBackup restoring;
  @Autowired
  UndoRestore undoing;
  @Autowired
  RemoveBackup removing;
  @Autowired
  TransactionTemplate transaction;
  @Autowired
  Audit audit;
  final Tenants acme = Tenants.acme();
  final Tenants globex = Tenants.globex();
  SiteId site;

  @BeforeEach
  void acmeHasASite() {
    acme.server();
    site = site(acme);
  }

  @Test
  void promisesTheBackupTheOperationAndTheAuditEventTogetherAndNoKeyAnywhere() {
    var promised = create(BackupType.FULL, null);
    var operation = as(acme, () -> operations.get(promised.operation().id()));
    assertThat(operation.status()).isEqualTo(OperationStatus.QUEUED);
    assertThat(operation.subject().id()).isEqualTo(site.value());
    assertThat(operation.payload().propertyNames()).containsExactlyInAnyOrder("user", "backup", "repository", "type",
        "panel");
    assertThat(operation.payload().path("repository").asString()).isEqualTo("local:/var/backups/chom/" + site);
    assertThat(as(acme, () -> audit.page(null, 5))).extracting(AuditEvent::action).contains("backup.create");
    var sealed = text("select key_sealed from backup_repository where site_id = '" + site + "'");
    assertThat(sealed).startsWith("v1.");
    var repository = UUID.fromString(text("select id from backup_repository where site_id = '" + site + "'"));
    assertThat(as(acme, () -> repositories.reach(repository).secrets().get("key"))).matches("[A-Za-z0-9_-]{43}");
  }

  @Test
  void aBackupIsTakenProvenRestoredTakenBackAndRemoved() {
    var made = create(BackupType.FULL, null);
    assertThat(view(made)).extracting(BackupView::status, BackupView::proof)
        .containsExactly(BackupStatus.RUNNING, BackupProof.UNPROVEN);
    taken(made);
    assertThat(view(made)).satisfies(one -> {
      assertThat(one.idle()).isTrue();
      assertThat(one.files()).isEqualTo(1_204);
      assertThat(one.sizeBytes()).isEqualTo(5_000_000);
      assertThat(one.addedBytes()).isEqualTo(1_000_000);
      assertThat(one.databases()).containsExactly("shop", "stats");
      assertThat(one.snapshot()).isEqualTo(SNAPSHOT);
    });
    assertThat(stored()).isEqualTo(1_000_000);

    var proof = as(acme, () -> backups.verify(site, made.backup(), null, Actor.PANEL));
    assertThat(view(made).activity()).isEqualTo(BackupActivity.PROVING);
    assertThat(proof.operation().payload().path("manifest").asString()).isEqualTo(MANIFEST);
    end(proving, proof.operation(),
        "{\"outcome\":\"PROVEN\",\"files\":1204,\"tables\":12,\"rows\":80,\"restore_ms\":900,"
            + "\"answered\":200}");
    assertThat(view(made)).satisfies(one -> {
      assertThat(one.proof()).isEqualTo(BackupProof.PROVEN);
      assertThat(one.provenAt()).isNotNull();
      assertThat(one.activity()).isNull();
    });
    assertThat(as(acme, () -> backups.lastProof(made.backup()))).hasValueSatisfying(last -> {
      assertThat(last.answered()).isEqualTo(200);
      assertThat(last.restoreMs()).isEqualTo(900);
    });

    var restored = restore(made, BackupType.FULL, null, null);
    assertThat(siteStatus()).isEqualTo(SiteStatus.RESTORING);
    assertThat(refusal(() -> restore(made, BackupType.FULL, null, null))).isEqualTo(Reason.SITE_NOT_READY);
    assertThat(refusal(() -> create(BackupType.FULL, null))).isEqualTo(Reason.SITE_NOT_READY);
    assertThat(as(acme, () -> restores.undoable(site))).isEmpty();
    end(restoring, restored.operation(), answerOfRestore("active"));
    assertThat(siteStatus()).isEqualTo(SiteStatus.ACTIVE);
    assertThat(as(acme, () -> restores.undoable(site))).isPresent();

    var undone = as(acme, () -> restores.undo(site, Actor.PANEL));
    assertThat(undone.payload().path("previous").asString()).isEqualTo("previous-1");
    assertThat(refusal(() -> as(acme, () -> restores.undo(site, Actor.PANEL)))).isEqualTo(Reason.NOTHING_TO_UNDO);
    end(undoing, undone, "{\"state\":\"active\"}");
    assertThat(siteStatus()).isEqualTo(SiteStatus.ACTIVE);
    assertThat(refusal(() -> as(acme, () -> restores.undo(site, Actor.PANEL)))).isEqualTo(Reason.NOTHING_TO_UNDO);

    assertThat(refusal(() -> delete(made, "other.example"))).isEqualTo(Reason.NAME_DOES_NOT_MATCH);
    var removed = delete(made, domain());
    assertThat(removed.payload().path("snapshots").path(0).asString()).isEqualTo(SNAPSHOT);
    assertThat(view(made).activity()).isEqualTo(BackupActivity.REMOVING);
    end(removing, removed, "{\"deleted\":1,\"repository_bytes\":42}");
    assertThat(view(made).status()).isEqualTo(BackupStatus.EXPIRED);
    assertThat(as(acme, () -> backups.pageOf(site, BackupFilter.of(site, 10)))).isEmpty();
    assertThat(stored()).isEqualTo(42);
    assertThat(as(acme, () -> audit.page(null, 20))).extracting(AuditEvent::action).contains("backup.verify",
        "backup.restore", "backup.undo", "backup.delete");
  }

  @Test
  void twoWhoAskAtOnceGetOneBackup() throws Exception {
    var answers = together(() -> create(BackupType.FULL, null), () -> create(BackupType.FILES, null),
        () -> create(BackupType.FULL, null));
    assertThat(answers).filteredOn(Promised.class::isInstance).hasSize(1);
    assertThat(answers).filteredOn(BackupRefused.class::isInstance).hasSize(2)
        .allSatisfy(refused -> assertThat(((BackupRefused) refused).reason()).isEqualTo(Reason.BACKUP_RUNNING));
  }

  @Test
  void twoWhoDoSomethingWithOneBackupAtOnceDoItOnce() throws Exception {
    var made = taken(create(BackupType.FULL, null));
    for (Callable<Object> change : List.<Callable<Object>>of(
        () -> as(acme, () -> backups.verify(site, made.backup(), null, Actor.PANEL)), () -> delete(made, domain()),
        () -> restore(made, BackupType.FILES, null, null))) {
      var answers = together(change, change, change);
      assertThat(answers).filteredOn(BackupRefused.class::isInstance).hasSize(2);
      RealServices.asAdministrator("update site_backup set activity = null where site_id = '" + site
          + "'; update site set status = 'ACTIVE' where id = '"
          + site + "'");
    }
  }

  @Test
  void aDoubleClickTakesOneBackupAndAKeyDoesNoSecondThing() throws Exception {
    var key = "click-" + Uuid7.next();
    var answers = together(() -> create(BackupType.FULL, key), () -> create(BackupType.FULL, key));
    assertThat(answers).hasOnlyElementsOfType(Promised.class).extracting(one -> ((Promised) one).backup())
        .containsOnly(((Promised) answers.getFirst()).backup());
    var made = (Promised) answers.getFirst();
    assertThat(refusal(() -> create(BackupType.FILES, key))).isEqualTo(Reason.IDEMPOTENCY_KEY_REUSED);
    taken(made);
    assertThat(refusal(() -> restore(made, BackupType.FULL, null, key))).isEqualTo(Reason.IDEMPOTENCY_KEY_REUSED);
    var other = "restore-" + Uuid7.next();
    var first = restore(made, BackupType.FULL, null, other);
    assertThat(restore(made, BackupType.FULL, null, other).operation().id()).isEqualTo(first.operation().id());
    assertThat(refusal(() -> restore(made, BackupType.FILES, null, other))).isEqualTo(Reason.IDEMPOTENCY_KEY_REUSED);
  }

  @Test
  void anotherTenantsBackupIsNotFoundByAnyWayNorThroughAnotherSite() {
    var made = taken(create(BackupType.FULL, null));
    var other = site(acme);
    globex.server();
    var theirs = site(globex);
    for (var through : List.of(site, theirs)) {
      as(globex, () -> {
        var id = made.backup();
        assertThatThrownBy(() -> backups.get(through, id)).isInstanceOf(BackupNotFound.class);
        assertThatThrownBy(() -> backups.verify(through, id, null, Actor.PANEL)).isInstanceOf(BackupNotFound.class);
        assertThatThrownBy(() -> backups.delete(through, id, domain(), Actor.PANEL))
            .isInstanceOf(BackupNotFound.class);
        assertThatThrownBy(() -> restores.restore(through, id, new Restores.Wanted(BackupType.FULL, null, domain()),
            null, Actor.PANEL)).isInstanceOf(BackupNotFound.class);
        assertThat(backups.lastProof(id)).isEmpty();
        assertThat(backups.seenOf(site, 10)).isEmpty();
        return null;
      });
    }
    as(globex, () -> {
      assertThatThrownBy(() -> backups.pageOf(site, BackupFilter.of(site, 10))).isInstanceOf(SiteNotFound.class);
      assertThatThrownBy(() -> backups.create(site, BackupType.FULL, null, Actor.PANEL))
          .isInstanceOf(SiteNotFound.class);
      assertThatThrownBy(() -> restores.undo(site, Actor.PANEL)).isInstanceOf(SiteNotFound.class);
      assertThat(restores.undoable(site)).isEmpty();
      assertThat(backups.page(BackupFilter.of(site, 10))).isEmpty();
      assertThat(backups.shelf().storedBytes()).isZero();
      assertThat(backups.shelf().sites()).extracting("id").containsExactly(theirs);
      return null;
    });
    as(acme, () -> {
      assertThatThrownBy(() -> backups.get(other, made.backup())).isInstanceOf(BackupNotFound.class);
      assertThatThrownBy(() -> backups.delete(other, made.backup(), domain(), Actor.PANEL))
          .isInstanceOf(BackupNotFound.class);
      return null;
    });
    assertThat(view(made).idle()).isTrue();
  }

  @Test
  void aKeyOpensInItsOwnRepositoryOnly() {
    create(BackupType.FULL, null);
    var other = site(acme);
    as(acme, () -> backups.create(other, BackupType.FULL, null, Actor.PANEL));
    var mine = UUID.fromString(text("select id from backup_repository where site_id = '" + site + "'"));
    var theirs = UUID.fromString(text("select id from backup_repository where site_id = '" + other + "'"));
    assertThat(as(acme, () -> repositories.reach(mine).secrets()))
        .isNotEqualTo(as(acme, () -> repositories.reach(theirs).secrets()));
    RealServices.asAdministrator("update backup_repository set key_sealed = (select key_sealed from backup_repository"
        + " where id = '" + mine + "') where id = '" + theirs + "'");
    assertThatThrownBy(() -> as(acme, () -> repositories.reach(theirs).secrets()))
        .hasMessageContaining("another place");
  }

  @Test
  void whatAServerCallsDoneWithoutSayingWhatIsNotBelieved() {
    for (var answer : List.<Map<String, Object>>of(Map.of(), Map.of("snapshot", SNAPSHOT),
        Map.of("snapshot", "x", "manifest", MANIFEST), Map.of("snapshot", 1, "manifest", MANIFEST))) {
      assertThatThrownBy(() -> BackupWork.requireSums(answer, "snapshot", "manifest"))
          .isInstanceOf(OperationRefused.class).extracting("code").isEqualTo("AGENT_ANSWER_INCOMPLETE");
    }
  }

  @Test
  void aBackupThatFailedIsTakenAgainUnderItsOwnIdOrRemovedAtOnce() {
    var made = create(BackupType.FULL, null);
    fail(taking, made.operation(), "NO_ROOM");
    assertThat(view(made)).extracting(BackupView::status, BackupView::failure).containsExactly(BackupStatus.FAILED,
        "for a reason");
    var again = repeat(taking, made.operation());
    assertThat(again.payload()).containsEntry("backup", made.backup().toString());
    assertThat(view(made).status()).isEqualTo(BackupStatus.RUNNING);
    assertThat(refusal(() -> create(BackupType.FULL, null))).isEqualTo(Reason.BACKUP_RUNNING);
    fail(taking, made.operation(), "NO_ROOM");
    var operation = as(acme, () -> backups.delete(site, made.backup(), domain(), Actor.PANEL));
    assertThat(operation).as("nothing of it is on the server").isEmpty();
    assertThat(view(made).status()).isEqualTo(BackupStatus.EXPIRED);
    // an end that comes late changes nothing any more
    fail(taking, made.operation(), "NO_ROOM");
    assertThat(view(made).status()).isEqualTo(BackupStatus.EXPIRED);
  }

  @Test
  void whatIsCancelledBeforeItBeganLeavesBackupAndSiteAsTheyWere() {
    var running = create(BackupType.FULL, null);
    cancel(running.operation());
    assertThat(view(running).status()).isEqualTo(BackupStatus.FAILED);
    var made = taken(create(BackupType.FULL, null));
    cancel(as(acme, () -> backups.verify(site, made.backup(), null, Actor.PANEL)).operation());
    cancel(delete(made, domain()));
    assertThat(view(made).idle()).isTrue();
    cancel(restore(made, BackupType.FULL, null, null).operation());
    assertThat(view(made).idle()).isTrue();
    assertThat(siteStatus()).isEqualTo(SiteStatus.ACTIVE);
    assertThat(as(acme, () -> restores.undoable(site))).isEmpty();
    end(restoring, restore(made, BackupType.FULL, null, null).operation(), answerOfRestore("disabled"));
    assertThat(siteStatus()).as("it stays closed").isEqualTo(SiteStatus.DISABLED);
    cancel(as(acme, () -> restores.undo(site, Actor.PANEL)));
    assertThat(siteStatus()).isEqualTo(SiteStatus.DISABLED);
    assertThat(as(acme, () -> restores.undoable(site))).as("still possible").isPresent();
  }

  @Test
  void aProofNobodyCouldMakeChangesNothingAndABrokenOneIsAnAnswer() {
    var made = taken(create(BackupType.FULL, null));
    fail(proving, as(acme, () -> backups.verify(site, made.backup(), null, Actor.PANEL)).operation(), "NO_ROOM");
    assertThat(view(made)).extracting(BackupView::proof, BackupView::activity).containsExactly(BackupProof.UNPROVEN,
        null);
    end(proving, as(acme, () -> backups.verify(site, made.backup(), null, Actor.PANEL)).operation(), """
        {"outcome":"BROKEN","reasons":[{"code":"FILE_MISSING","what":"current/index.php"}],"more":7,"restore_ms":5}""");
    assertThat(view(made).proof()).isEqualTo(BackupProof.BROKEN);
    var last = as(acme, () -> backups.lastProofs(List.of(view(made)))).get(made.backup());
    assertThat(last.reasons()).containsExactly(new ProofView.Reason("FILE_MISSING", "current/index.php"),
        new ProofView.Reason(ProofView.MORE, "7"));
    assertThat(last.answered()).isNull();
  }

  @Test
  void nothingNewGoesIntoADamagedRepository() {
    var made = taken(create(BackupType.FULL, null));
    end(proving, as(acme, () -> backups.verify(site, made.backup(), null, Actor.PANEL)).operation(), """
        {"outcome":"BROKEN","reasons":[{"code":"REPOSITORY_DAMAGED","what":"a pack"}]}""");
    Eventually.that(() -> as(acme, () -> backups.page(BackupFilter.of(site, 10))).size() == 2);
    var next = as(acme, () -> operations.page(null, site.value(), null, 1)).getFirst();
    assertThat(next.type().value()).isEqualTo("backup.create");
    assertThat(next.payload().path("repository").asString()).isEqualTo("local:/var/backups/chom/" + site + "-2");
    var old = as(acme, () -> backups.verify(site, made.backup(), null, Actor.PANEL)).operation();
    assertThat(old.payload().path("repository").asString()).as("what is there stays there")
        .isEqualTo("local:/var/backups/chom/" + site);

    // what damages even a new one is not mended by yet another one
    fail(taking, next, "REPOSITORY_DAMAGED");
    var again = repeat(taking, next);
    assertThat(again.payload()).containsEntry("repository", "local:/var/backups/chom/" + site + "-2");
    end(taking, operation(again), "{\"snapshot\":\"" + SNAPSHOT + "\",\"manifest\":\"" + MANIFEST + "\"}");
    var third = create(BackupType.FULL, null);
    fail(taking, third.operation(), "REPOSITORY_DAMAGED");
    Eventually.that(() -> as(acme, () -> operations.page(null, site.value(), null, 1)).getFirst().payload()
        .path("repository").asString().equals("local:/var/backups/chom/" + site + "-3"));
    assertThat(text("select count(distinct key_sealed) from backup_repository where site_id = '" + site + "'"))
        .isEqualTo("3");
  }

  @Test
  void aBackupThatIsBrokenForAnotherReasonKeepsItsRepository() {
    var made = taken(create(BackupType.FULL, null));
    end(proving, as(acme, () -> backups.verify(site, made.backup(), null, Actor.PANEL)).operation(), """
        {"outcome":"BROKEN","reasons":[{"code":"FILE_MISSING","what":"current/index.php"}]}""");
    Eventually.that(() -> as(acme, () -> backups.page(BackupFilter.of(site, 10))).size() == 2);
    assertThat(text("select count(*) from backup_repository where site_id = '" + site + "'")).isEqualTo("1");
  }

  @Test
  void aRemovalThatFailedHalfWayTakesTheProofAlong() {
    var made = taken(create(BackupType.FULL, null));
    end(proving, as(acme, () -> backups.verify(site, made.backup(), null, Actor.PANEL)).operation(),
        "{\"outcome\":\"PROVEN\"}");
    fail(removing, delete(made, domain()), "REPOSITORY_UNREACHABLE");
    assertThat(view(made).proof()).as("nothing was removed").isEqualTo(BackupProof.PROVEN);
    fail(removing, delete(made, domain()), "DEPENDENCY_FAILED");
    assertThat(view(made).proof()).isEqualTo(BackupProof.UNPROVEN);
    Eventually.that(() -> view(made).activity() == BackupActivity.PROVING);
  }

  @Test
  void aRestoreThatReplacedNothingLeavesTheSiteAndOneThatFailedHalfWayDoesNotCallItGood() {
    var made = taken(create(BackupType.FULL, null));
    fail(restoring, restore(made, BackupType.FULL, null, null).operation(), "NO_ROOM");
    assertThat(siteStatus()).isEqualTo(SiteStatus.ACTIVE);

    var half = restore(made, BackupType.FULL, null, null).operation();
    goesAsFarAsTouching(half);
    fail(restoring, half, "NO_ROOM");
    assertThat(as(acme, () -> sites.get(site))).satisfies(view -> {
      assertThat(view.status()).isEqualTo(SiteStatus.FAILED);
      assertThat(view.halfRestored()).isTrue();
    });
    assertThatThrownBy(() -> as(acme, () -> sites.tryAgain(site, Actor.PANEL))).isInstanceOf(SiteRefused.class)
        .extracting("reason").isEqualTo(SiteRefused.Reason.HALF_RESTORED);
    cancel(restore(made, BackupType.FULL, null, null).operation());
    assertThat(as(acme, () -> sites.get(site)).halfRestored()).as("it is no better than before").isTrue();

    var again = repeat(restoring, half);
    assertThat(again.payload()).containsEntry("what", "full").containsEntry("snapshot", SNAPSHOT);
    assertThat(siteStatus()).isEqualTo(SiteStatus.RESTORING);
    end(restoring, operation(again), answerOfRestore("active"));
    assertThat(as(acme, () -> sites.get(site))).satisfies(view -> {
      assertThat(view.status()).isEqualTo(SiteStatus.ACTIVE);
      assertThat(view.halfRestored()).isFalse();
    });

    fail(restoring, restore(made, BackupType.FULL, null, null).operation(), "OUTCOME_UNKNOWN");
    assertThat(as(acme, () -> sites.get(site)).halfRestored()).as("nobody knows").isTrue();
  }

  @Test
  void aRestoreThatClosedTheSiteAndCouldKeepNothingLeavesItAsItWas() {
    var made = taken(create(BackupType.FULL, null));
    var closed = restore(made, BackupType.FULL, null, null).operation();
    goesAsFarAsTouching(closed);
    fail(restoring, closed, "NOT_KEPT");
    assertThat(siteStatus()).isEqualTo(SiteStatus.ACTIVE);
    assertThat(as(acme, () -> restores.undoable(site))).isEmpty();

    var half = restore(made, BackupType.FULL, null, null).operation();
    goesAsFarAsTouching(half);
    fail(restoring, half, "DEPENDENCY_FAILED");
    fail(restoring, restore(made, BackupType.FULL, null, null).operation(), "NOT_KEPT");
    assertThat(as(acme, () -> sites.get(site)).halfRestored()).as("it is no better than before").isTrue();
  }

  @Test
  void aRestoreThatIsCancelledBeforeAnythingWasReplacedLeavesTheSiteAsItWas() {
    var made = taken(create(BackupType.FULL, null));
    var open = restore(made, BackupType.FULL, null, null).operation();
    goesAsFarAsTouching(open);
    assertThat(as(acme, () -> restoring.settled(open, List.of("work:/x", "untouched:s200001"))))
        .containsExactly("work:/x");
    inTransaction(() -> restoring.whenCancelled(open, true));
    assertThat(siteStatus()).isEqualTo(SiteStatus.ACTIVE);
    assertThat(as(acme, () -> sites.get(site)).halfRestored()).isFalse();

    var half = restore(made, BackupType.FULL, null, null).operation();
    goesAsFarAsTouching(half);
    assertThat(as(acme, () -> restoring.settled(half, List.of("unfinished:/x")))).containsExactly("unfinished:/x");
    inTransaction(() -> restoring.whenCancelled(half, true));
    assertThat(siteStatus()).isEqualTo(SiteStatus.FAILED);
  }

  @Test
  void aRestoreThatFailedHalfWayCanBeTakenBack() {
    var made = taken(create(BackupType.FULL, null));
    var half = restore(made, BackupType.FULL, null, null).operation();
    goesAsFarAsTouching(half);
    fail(restoring, half, "DEPENDENCY_FAILED");
    assertThat(siteStatus()).isEqualTo(SiteStatus.FAILED);

    var undone = as(acme, () -> restores.undo(site, Actor.PANEL));
    assertThat(undone.payload().path("backup").asString()).isEqualTo(made.backup().toString());
    assertThat(undone.payload().has("previous")).isFalse();
    cancel(undone);
    assertThat(siteStatus()).isEqualTo(SiteStatus.FAILED);
    end(undoing, as(acme, () -> restores.undo(site, Actor.PANEL)), "{\"state\":\"disabled\"}");
    assertThat(as(acme, () -> sites.get(site))).satisfies(view -> {
      assertThat(view.status()).isEqualTo(SiteStatus.DISABLED);
      assertThat(view.halfRestored()).isFalse();
    });
    assertThat(as(acme, () -> restores.undoable(site))).isEmpty();

    var lost = restore(made, BackupType.FULL, null, null).operation();
    goesAsFarAsTouching(lost);
    fail(restoring, lost, "OUTCOME_UNKNOWN");
    fail(undoing, as(acme, () -> restores.undo(site, Actor.PANEL)), "BACKUP_NOT_FOUND");
    assertThat(as(acme, () -> restores.undoable(site))).as("its server keeps nothing of it").isEmpty();
    assertThat(siteStatus()).isEqualTo(SiteStatus.FAILED);
  }

  @Test
  void onlyTheLastRestoreIsTakenBackAndOnlyWhileItsServerKeepsWhatWasBefore() {
    var made = taken(create(BackupType.FULL, null));
    end(restoring, restore(made, BackupType.FULL, null, null).operation(), answerOfRestore("active"));
    var undone = as(acme, () -> restores.undo(site, Actor.PANEL));
    fail(undoing, undone, "BACKUP_NOT_FOUND");
    assertThat(siteStatus()).isEqualTo(SiteStatus.ACTIVE);
    assertThat(as(acme, () -> restores.undoable(site))).as("its server has let go of it").isEmpty();

    end(restoring, restore(made, BackupType.FILES, null, null).operation(), answerOfRestore("active"));
    assertThat(as(acme, () -> restores.undoable(site))).isPresent();
    RealServices.asAdministrator("update site_restore set until = now() where site_id = '" + site + "'");
    assertThat(as(acme, () -> restores.undoable(site))).as("its time is over").isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"FILES", "DATABASE"})
  void fromABackupOnlyWhatItHoldsIsRestored(BackupType type) {
    var made = taken(create(type, null));
    assertThat(refusal(() -> restore(made, BackupType.FULL, null, null))).isEqualTo(Reason.NOT_IN_BACKUP);
    assertThat(refusal(() -> restore(made, type, "not-there", null))).isEqualTo(Reason.NOT_IN_BACKUP);
    assertThat(siteStatus()).isEqualTo(SiteStatus.ACTIVE);
    assertThat(restore(made, type, type == BackupType.DATABASE ? "shop" : null, null).operation().payload()
        .path("what").asString()).isEqualTo(type.word());
  }

  @Test
  void backupsOfADeletedSiteStayAndCanBeRemoved() {
    var made = taken(create(BackupType.FULL, null));
    var domain = domain();
    as(acme, () -> sites.delete(site, new DeleteSite(domain, true), Actor.PANEL));
    RealServices.asAdministrator("update site set status = 'DELETED', deleted_at = now() where id = '" + site + "'");
    assertThat(as(acme, () -> backups.pageOf(site, BackupFilter.of(site, 10)))).singleElement()
        .satisfies(one -> assertThat(one.siteThere()).isFalse());
    assertThat(refusal(() -> create(BackupType.FULL, null))).isEqualTo(Reason.SITE_GONE);
    assertThat(refusal(() -> as(acme, () -> backups.verify(site, made.backup(), null, Actor.PANEL))))
        .isEqualTo(Reason.SITE_GONE);
    assertThat(refusal(() -> restore(made, BackupType.FULL, null, null))).isEqualTo(Reason.SITE_GONE);
    end(removing, delete(made, domain), "{\"absent\":true}");
    assertThat(view(made).status()).isEqualTo(BackupStatus.EXPIRED);
    assertThat(stored()).as("nothing is left there").isZero();
  }

  @Test
  void sixteenBackupsAreTwoPagesAndTheFiltersChoose() {
    var ids = new ArrayList<BackupId>();
    for (int i = 0; i < 16; i++) {
      ids.addFirst(taken(create(i % 2 == 0 ? BackupType.FULL : BackupType.FILES, null)).backup());
    }
    // the whole keyset: two that were taken in one moment
    RealServices.asAdministrator("update site_backup set created_at = (select created_at from site_backup where id = '"
        + ids.get(14) + "') where id = '" + ids.get(15) + "'");
    var first = as(acme, () -> backups.page(new BackupFilter(null, null, null, null, null, BackupFilter.PAGE)));
    assertThat(first).hasSize(15).extracting(BackupView::id).containsExactlyElementsOf(ids.subList(0, 15));
    var second = as(acme,
        () -> backups.page(new BackupFilter(null, null, null, null, first.getLast().id(), BackupFilter.PAGE)));
    assertThat(second).extracting(BackupView::id).containsExactly(ids.get(15));
    assertThat(page(BackupType.FILES, null, null)).hasSize(8).extracting(BackupView::type)
        .containsOnly(BackupType.FILES);
    assertThat(page(null, BackupProof.PROVEN, null)).isEmpty();
    assertThat(page(null, BackupProof.UNPROVEN, site)).hasSize(16);
    assertThat(page(null, null, site(acme))).isEmpty();
  }

  @Test
  void theTotalAndTheChoiceOfSitesAreReadAnewWhenTheyChange() {
    assertThat(stored()).isZero();
    taken(create(BackupType.FULL, null));
    assertThat(stored()).isEqualTo(1_000_000);
    taken(create(BackupType.FULL, null));
    assertThat(stored()).isEqualTo(2_000_000);
    var second = site(acme);
    assertThat(as(acme, () -> backups.shelf().sites())).extracting("id").containsExactlyInAnyOrder(site, second)
        .hasSize(2);
  }

  @Test
  void theListsHaveTheirIndexes() {
    assertThat(text("select string_agg(indexdef, ' ') from pg_indexes where tablename = 'site_backup'"))
        .contains("idx_backups_site_created ON public.site_backup USING btree (site_id, created_at)",
            "idx_backups_site_type ON public.site_backup USING btree (site_id, backup_type)");
    assertThat(plan("site_id = '" + site + "' order by created_at desc limit 15")).contains("idx_backups_site_created");
    assertThat(plan("site_id = '" + site + "' and backup_type = 'FULL'")).contains("idx_backups_site_type");
  }

  private static String plan(String where) {
    try (var connection = RealServices.asAdministrator(); var statement = connection.createStatement()) {
      // on a small table the planner would rather read it all
      statement.execute("set enable_seqscan = off; set enable_bitmapscan = off");
      var lines = new StringBuilder();
      try (var rows = statement.executeQuery("explain select * from site_backup where " + where)) {
        while (rows.next()) {
          lines.append(rows.getString(1)).append('\n');
        }
      }
      return lines.toString();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private List<BackupView> page(@Nullable BackupType type, @Nullable BackupProof proof, @Nullable SiteId of) {
    return as(acme, () -> backups.page(new BackupFilter(of, type, null, proof, null, 50)));
  }

  private SiteId site(Tenants tenant) {
    var domain = "b" + Uuid7.next().toString().replace("-", "").substring(8) + ".example";
    var created = as(tenant, () -> sites.create(
        new CreateSite(DomainName.parse(domain), SiteType.PHP, null, null, null), Actor.PANEL));
    RealServices.asAdministrator("update site set status = 'ACTIVE' where id = '" + created.site() + "'");
    return created.site();
  }

  private String domain() {
    return text("select domain from site where id = '" + site + "'");
  }

  private SiteStatus siteStatus() {
    return as(acme, () -> sites.get(site)).status();
  }

  private long stored() {
    return as(acme, () -> backups.shelf().storedBytes());
  }

  private Promised create(BackupType type, @Nullable String key) {
    return as(acme, () -> backups.create(site, type, key, Actor.PANEL));
  }

  private Promised restore(Promised made, BackupType part, @Nullable String database, @Nullable String key) {
    return as(acme, () -> restores.restore(site, made.backup(), new Restores.Wanted(part, database, domain()), key,
        Actor.PANEL));
  }

  private Operation delete(Promised made, String typed) {
    return as(acme, () -> backups.delete(site, made.backup(), typed, Actor.PANEL)).orElseThrow();
  }

  private BackupView view(Promised made) {
    return as(acme, () -> backups.get(site, made.backup()));
  }

  /** As if its server had done it. */
  private Promised taken(Promised made) {
    end(taking, made.operation(), """
        {"snapshot":"%s","manifest":"%s","files":1204,"bytes":5000000,"added_bytes":1000000,
         "databases":[{"name":"shop","tables":12,"rows":80},{"name":"stats","tables":1,"rows":0}]}
        """.formatted(SNAPSHOT, MANIFEST));
    return made;
  }

  /** As if its server had said that it now replaces what is there. */
  private void goesAsFarAsTouching(Operation operation) {
    var run = as(acme, () -> work.watched((OperationRun) Proxy.newProxyInstance(getClass().getClassLoader(),
        new Class<?>[]{OperationRun.class},
        (_, method, _) -> method.getName().equals("operation") ? operation : null)));
    run.progress(30, "Creating the database shop", 1);
    assertThat(as(acme, () -> sites.get(site)).halfRestored()).isFalse();
    run.progress(32, "Closing the site meanwhile", 2);
    assertThat(as(acme, () -> sites.get(site)).halfRestored()).isTrue();
  }

  private static String answerOfRestore(String state) {
    return "{\"previous\":\"previous-1\",\"until\":\"%s\",\"state\":\"%s\"}"
        .formatted(Instant.now().plus(7, ChronoUnit.DAYS), state);
  }

  private void end(OperationHandler handler, Operation operation, String answer) {
    inTransaction(() -> handler.whenSucceeded(operation, new JsonMapper().readTree(answer)));
  }

  private void fail(OperationHandler handler, Operation operation, String code) {
    inTransaction(() -> handler.whenFailed(operation, code, "for a reason"));
  }

  private NewOperation repeat(OperationHandler handler, Operation failed) {
    return Objects.requireNonNull(as(acme, () -> transaction.execute(_ -> handler.repeat(failed))));
  }

  private Operation operation(NewOperation wanted) {
    return Objects.requireNonNull(as(acme, () -> transaction.execute(_ -> operations.request(wanted, Actor.PANEL))));
  }

  private void cancel(Operation operation) {
    assertThat(as(acme, () -> cancellation.cancel(new OperationId(operation.id().value()), Actor.PANEL)).status())
        .isEqualTo(OperationStatus.CANCELLED);
  }

  private void inTransaction(Runnable work) {
    as(acme, () -> transaction.execute(_ -> {
      work.run();
      return true;
    }));
  }

  private static Reason refusal(Supplier<?> work) {
    try {
      throw new AssertionError("not refused: " + work.get());
    } catch (BackupRefused refused) {
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
