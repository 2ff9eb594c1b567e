package io.chom.servers;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.backups.BackupActivity;
import io.chom.backups.BackupFilter;
import io.chom.backups.BackupId;
import io.chom.backups.BackupPlans;
import io.chom.backups.BackupProof;
import io.chom.backups.BackupStatus;
import io.chom.backups.BackupType;
import io.chom.backups.BackupView;
import io.chom.backups.Backups;
import io.chom.backups.RestoreScope;
import io.chom.backups.Restores;
import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.operations.Cancellation;
import io.chom.operations.Operation;
import io.chom.operations.OperationStatus;
import io.chom.sites.CreateSite;
import io.chom.sites.DomainName;
import io.chom.sites.SiteId;
import io.chom.sites.SiteStatus;
import io.chom.sites.SiteType;
import io.chom.sites.Sites;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

/** Backups taken by the real agent, without daemons: what the panel remembers is what is there. */
class BackupsOnAServerTest extends FleetTest {
  @Autowired
  Sites sites;
  @Autowired
  Backups backups;
  @Autowired
  Restores restores;
  @Autowired
  BackupPlans plans;
  @Autowired
  Cancellation cancellation;
  final Tenants acme = Tenants.acme();
  SiteId site;
  Path root;

  @BeforeAll
  static void resticIsThere() {
    assertThat(Path.of("/usr/bin/restic")).as("install restic, as src/test/rig/install.sh does").isExecutable();
  }

  private void acmeHasASite() {
    var server = enrolled();
    acme.allocate(server.value(), TenantId.PLATFORM);
    var name = DomainName.parse("b" + Uuid7.next().toString().replace("-", "").substring(8) + ".example");
    site = ours(() -> sites.create(new CreateSite(name, SiteType.STATIC, null, server, null), Actor.PANEL)).site();
    var made = eventually(() -> ours(() -> sites.get(site)),
        seen -> seen.status() == SiteStatus.ACTIVE || seen.status() == SiteStatus.FAILED);
    assertThat(made.status()).as(made.failure()).isEqualTo(SiteStatus.ACTIVE);
    root = Path.of(Objects.requireNonNull(made.documentRoot()));
  }

  @Test
  void aBackupIsTakenStoresOnlyWhatChangedAndIsRemoved() throws IOException {
    acmeHasASite();
    Files.writeString(root.resolve("page.html"), "first ".repeat(1_000));
    var first = taken(BackupType.FULL);
    assertThat(first.sizeBytes()).isGreaterThan(6_000);
    assertThat(first.files()).isPositive();
    Files.writeString(root.resolve("page.html"), "second ".repeat(1_000));
    var second = taken(BackupType.FILES);
    assertThat(second.snapshot()).isNotEqualTo(first.snapshot());
    var stored = ours(() -> backups.shelf().storedBytes());
    assertThat(stored).isEqualTo(first.addedBytes() + second.addedBytes());

    var operation = ours(() -> backups.delete(site, first.id(), first.domain(), Actor.PANEL)).orElseThrow();
    assertThat(view(first.id()).activity()).isEqualTo(BackupActivity.REMOVING);
    ended(operation);
    assertThat(view(first.id()).status()).isEqualTo(BackupStatus.EXPIRED);
    assertThat(ours(() -> backups.pageOf(site, BackupFilter.of(site, 5)))).extracting(BackupView::id)
        .containsExactly(second.id());
    assertThat(ours(() -> backups.shelf().storedBytes())).isPositive();
  }

  @Test
  void aGoodBackupIsProvenAndADamagedOneIsBrokenAndSaysWhy() throws IOException {
    acmeHasASite();
    Files.writeString(root.resolve("page.html"), "a page ".repeat(5_000));
    var made = taken(BackupType.FULL);
    ended(ours(() -> backups.verify(site, made.id(), null, Actor.PANEL)).operation());
    assertThat(view(made.id()).proof()).isEqualTo(BackupProof.PROVEN);
    assertThat(ours(() -> backups.lastProof(made.id()))).hasValueSatisfying(proof -> {
      assertThat(proof.files()).isEqualTo(made.files());
      assertThat(proof.reasons()).isEmpty();
    });
    damagePacks();
    ended(ours(() -> backups.verify(site, made.id(), null, Actor.PANEL)).operation());
    assertThat(view(made.id()).proof()).isEqualTo(BackupProof.BROKEN);
    assertThat(ours(() -> backups.lastProof(made.id())).orElseThrow().reasons()).isNotEmpty();
  }

  @Test
  void aSiteIsRestoredStaysClosedAsItWasAndTheRestoreIsTakenBack() throws IOException {
    acmeHasASite();
    var page = root.resolve("page.html");
    Files.writeString(page, "as it was backed up");
    var made = taken(BackupType.FULL);
    Files.writeString(page, "broken by an update");
    Files.writeString(root.resolve("new.html"), "new");
    ended(ours(() -> sites.disable(site, Actor.PANEL)));

    var wanted = new Restores.Wanted(BackupType.FILES, null, made.domain());
    ended(ours(() -> restores.restore(site, made.id(), wanted, null, Actor.PANEL)).operation());
    assertThat(page).hasContent("as it was backed up");
    assertThat(root.resolve("new.html")).doesNotExist();
    assertThat(ours(() -> sites.get(site)).status()).isEqualTo(SiteStatus.DISABLED);
    assertThat(view(made.id()).idle()).isTrue();
    assertThat(ours(() -> restores.undoable(site))).hasValueSatisfying(undo -> {
      assertThat(undo.backup()).isEqualTo(made.id());
      assertThat(undo.until()).isAfter(Instant.now().plus(6, ChronoUnit.DAYS));
    });

    ended(ours(() -> restores.undo(site, Actor.PANEL)));
    assertThat(page).hasContent("broken by an update");
    assertThat(root.resolve("new.html")).hasContent("new");
    assertThat(ours(() -> sites.get(site)).status()).isEqualTo(SiteStatus.DISABLED);
    assertThat(ours(() -> restores.undoable(site))).isEmpty();

    damagePacks();
    var refused = ours(() -> restores.restore(site, made.id(), wanted, null, Actor.PANEL)).operation();
    var end = eventually(() -> ours(() -> operations.get(refused.id())), seen -> seen.status().ended());
    assertThat(end.errorCode()).as(end.errorMessage()).isEqualTo("REPOSITORY_DAMAGED");
    assertThat(page).as("nothing was changed").hasContent("broken by an update");
    assertThat(ours(() -> sites.get(site))).satisfies(view -> {
      assertThat(view.status()).isEqualTo(SiteStatus.DISABLED);
      assertThat(view.halfRestored()).isFalse();
    });
  }

  @Test
  void whatAFailedBackupLeftGoesWithTheNextRemovalAndAVanishedRepositoryIsNotMadeAnew() throws IOException {
    acmeHasASite();
    Files.writeString(root.resolve("page.html"), "first");
    var first = taken(BackupType.FULL);
    Files.writeString(root.resolve("page.html"), "second");
    var unheard = taken(BackupType.FULL);
    // the server finished it, and the panel gave it up before it heard of that
    RealServices
        .asAdministrator("update site_backup set status = 'FAILED', snapshot = null, manifest = null where id = '"
            + unheard.id() + "'");
    Files.writeString(root.resolve("page.html"), "third");
    var third = taken(BackupType.FULL);
    var repository = home.resolve("var/backups/chom/" + site);
    assertThat(filesIn(repository.resolve("snapshots"))).as("data and manifest of three").isEqualTo(6);
    ended(ours(() -> backups.delete(site, first.id(), first.domain(), Actor.PANEL)).orElseThrow());
    assertThat(filesIn(repository.resolve("snapshots"))).as("of the third").isEqualTo(2);

    Files.move(repository, repository.resolveSibling("away"));
    var made = ours(() -> backups.create(site, BackupType.FULL, null, Actor.PANEL));
    var end = eventually(() -> ours(() -> operations.get(made.operation().id())), seen -> seen.status().ended());
    assertThat(end.errorCode()).as(end.errorMessage()).isEqualTo("REPOSITORY_MISSING");
    assertThat(repository).doesNotExist();
    Files.move(repository.resolveSibling("away"), repository);
    taken(BackupType.FULL);
    ended(ours(() -> backups.verify(site, third.id(), null, Actor.PANEL)).operation());
    assertThat(view(third.id()).proof()).isEqualTo(BackupProof.PROVEN);
  }

  private static long filesIn(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      return files.count();
    }
  }

  @Test
  void plansSayWhatWouldBeDoneAndChangeNothing() throws IOException {
    acmeHasASite();
    Files.writeString(root.resolve("page.html"), "a page");
    var made = taken(BackupType.FULL);
    assertThat(ours(() -> plans.restore(site, made.id(), RestoreScope.of(BackupType.FULL, null))).steps())
        .extracting("step")
        .contains("home, exchanged for the backup's");
    assertThat(ours(() -> plans.delete(site, made.id())).steps()).extracting("target").contains(made.snapshot());
    assertThat(view(made.id()).idle()).isTrue();
  }

  /** A bit here and there, as an old disk does it. */
  private void damagePacks() throws IOException {
    try (var files = Files.walk(home.resolve("var/backups/chom/" + site + "/data"))) {
      for (var pack : files.filter(Files::isRegularFile).toList()) {
        var bytes = Files.readAllBytes(pack);
        for (int i = 40; i < bytes.length; i += 100) {
          bytes[i] ^= 1;
        }
        pack.toFile().setWritable(true);
        Files.write(pack, bytes);
      }
    }
  }

  @Test
  void whileItsServerIsAwayABackupWaitsAndCanBeCancelled() {
    acmeHasASite();
    machine.powerOff();
    var made = ours(() -> backups.create(site, BackupType.FULL, null, Actor.PANEL));
    var waiting = eventually(() -> ours(() -> operations.get(made.operation().id())),
        seen -> seen.errorCode() != null);
    assertThat(waiting.status().ended()).isFalse();
    assertThat(waiting.errorCode()).startsWith("SERVER_NOT_REACHED");
    assertThat(view(made.backup()).status()).isEqualTo(BackupStatus.RUNNING);
    ours(() -> cancellation.cancel(made.operation().id(), Actor.PANEL));
    var ended = eventually(() -> ours(() -> operations.get(made.operation().id())), seen -> seen.status().ended());
    assertThat(ended.status()).isEqualTo(OperationStatus.CANCELLED);
    assertThat(view(made.backup()).status()).isEqualTo(BackupStatus.FAILED);
  }

  private BackupView taken(BackupType type) {
    var made = ours(() -> backups.create(site, type, null, Actor.PANEL));
    ended(made.operation());
    var view = view(made.backup());
    assertThat(view.status()).as(view.failure()).isEqualTo(BackupStatus.COMPLETED);
    return view;
  }

  private void ended(Operation operation) {
    var end = eventually(() -> ours(() -> operations.get(operation.id())), seen -> seen.status().ended());
    assertThat(end.status()).as(end.errorCode() + " " + end.errorMessage()).isEqualTo(OperationStatus.SUCCEEDED);
  }

  private BackupView view(BackupId id) {
    return ours(() -> backups.get(site, id));
  }

  private <T> T ours(Supplier<T> work) {
    return TenantContext.callAs(acme.id(), work::get);
  }
}
