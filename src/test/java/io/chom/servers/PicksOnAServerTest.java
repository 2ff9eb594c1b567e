package io.chom.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.backups.BackupContents;
import io.chom.backups.BackupListing;
import io.chom.backups.BackupNotFound;
import io.chom.backups.BackupRefused;
import io.chom.backups.BackupStatus;
import io.chom.backups.BackupType;
import io.chom.backups.BackupView;
import io.chom.backups.Backups;
import io.chom.backups.RestoreScope;
import io.chom.backups.Restores;
import io.chom.common.Actor;
import io.chom.common.Uuid7;
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
import io.chom.testing.Tenants;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

/** Parts of backups, and backups in other sites, by the real agent, for two tenants on one server. */
class PicksOnAServerTest extends FleetTest {
  @Autowired
  Sites sites;
  @Autowired
  Backups backups;
  @Autowired
  Restores restores;
  @Autowired
  BackupContents contents;
  final Tenants acme = Tenants.acme();
  final Tenants globex = Tenants.globex();
  ServerId server;
  SiteId site;
  Path root;

  @BeforeEach
  void bothHaveAPlaceOnOneServer() {
    server = enrolled();
    acme.allocate(server.value(), TenantId.PLATFORM);
    globex.allocate(server.value(), TenantId.PLATFORM);
    site = site(acme);
    root = root(acme, site);
  }

  private SiteId site(Tenants tenant) {
    var created = in(tenant,
        () -> sites.create(new CreateSite(name(), SiteType.STATIC, null, server, null), Actor.PANEL)).site();
    active(tenant, created);
    return created;
  }

  private void active(Tenants tenant, SiteId id) {
    var made = eventually(() -> in(tenant, () -> sites.get(id)),
        seen -> seen.status() == SiteStatus.ACTIVE || seen.status() == SiteStatus.FAILED);
    assertThat(made.status()).as(made.failure()).isEqualTo(SiteStatus.ACTIVE);
  }

  private Path root(Tenants tenant, SiteId id) {
    return Path.of(Objects.requireNonNull(in(tenant, () -> sites.get(id)).documentRoot()));
  }

  private static DomainName name() {
    return DomainName.parse("p" + Uuid7.next().toString().replace("-", "").substring(8) + ".example");
  }

  @Test
  void aBackupIsLookedThroughAndSingleFilesOfItComeBackWhichAnUndoTakesBack() throws IOException {
    Files.createDirectories(root.resolve("up/loads"));
    Files.writeString(root.resolve("up/loads/ünï"), "good");
    Files.writeString(root.resolve("page.html"), "good");
    Files.writeString(root.resolve("other.html"), "good");
    var made = taken(BackupType.FULL);
    var top = ours(() -> contents.files(site, made.id(), "", null));
    assertThat(top.entries()).extracting(BackupListing.Entry::name).contains("releases", "shared", "current");
    var listing = ours(() -> contents.files(site, made.id(), "releases/first/public/up/loads", null));
    assertThat(listing.entries()).hasSize(1);
    var file = listing.entries().getFirst();
    assertThat(file.shown()).isEqualTo("ünï");
    assertThat(file.size()).isEqualTo(4);
    assertThat(file.changedAt()).isNotNull();
    assertThatThrownBy(() -> ours(() -> contents.files(site, made.id(), "releases/nothing", null)))
        .isInstanceOf(BackupRefused.class);
    assertThatThrownBy(() -> in(globex, () -> contents.files(site, made.id(), "", null)))
        .isInstanceOf(BackupNotFound.class);

    Files.writeString(root.resolve("up/loads/ünï"), "ruined");
    Files.writeString(root.resolve("page.html"), "ruined");
    Files.writeString(root.resolve("other.html"), "changed");
    var scope = new RestoreScope(BackupType.FILES, null,
        List.of("releases/first/public/up", "releases/first/public/page.html"), List.of(), false);
    ended(acme, ours(() -> restores.restore(site, made.id(), new Restores.Wanted(scope, made.domain()), null,
        Actor.PANEL)).operation());
    assertThat(root.resolve("up/loads/ünï")).hasContent("good");
    assertThat(root.resolve("page.html")).hasContent("good");
    assertThat(root.resolve("other.html")).hasContent("changed");
    assertThat(ours(() -> restores.undoable(site)).orElseThrow().paths()).isEqualTo(2);
    ended(acme, ours(() -> restores.undo(site, Actor.PANEL)));
    assertThat(root.resolve("up/loads/ünï")).hasContent("ruined");
    assertThat(root.resolve("page.html")).hasContent("ruined");
  }

  @Test
  void aBackupComesIntoAnotherSiteAndANewOneWithItsAddressAndTwoTenantsDoSoAtOnce() throws Exception {
    var theirs = site(globex);
    var theirRoot = root(globex, theirs);
    Files.writeString(root.resolve("page.html"), "of acme");
    Files.writeString(theirRoot.resolve("page.html"), "of globex");
    Files.writeString(root.resolve(".env"), "APP_URL=http://old.example/\n");
    var made = taken(BackupType.FULL);
    var foreign = taken(globex, theirs, BackupType.FULL);
    var other = site(acme);
    var otherRoot = root(acme, other);
    Files.writeString(otherRoot.resolve("mine.html"), "mine");
    var scope = new RestoreScope(BackupType.FULL, null, List.of(), List.of(), true);

    var domain = ours(() -> sites.get(other)).domain();
    var promised = together(
        () -> ours(() -> restores.restoreInto(other, site, made.id(), new Restores.Wanted(scope, domain), null,
            Actor.PANEL)).operation(),
        () -> in(globex, () -> restores.restoreAsNew(theirs, foreign.id(), scope, name(), null, null, Actor.PANEL))
            .restore());
    ended(acme, promised.getFirst());
    ended(globex, promised.getLast());
    assertThat(otherRoot.resolve("page.html")).hasContent("of acme");
    assertThat(otherRoot.resolve("mine.html")).doesNotExist();
    assertThat(otherRoot.resolve(".env")).hasContent("APP_URL=http://" + domain + "/");
    assertThat(root.resolve(".env")).hasContent("APP_URL=http://old.example/");
    var born = new SiteId(promised.getLast().subject().id());
    active(globex, born);
    assertThat(root(globex, born).resolve("page.html")).hasContent("of globex");
    assertThat(in(globex, () -> restores.awaited(born))).isEmpty();

    ended(acme, ours(() -> restores.undo(other, Actor.PANEL)));
    assertThat(otherRoot.resolve("mine.html")).hasContent("mine");
    assertThat(otherRoot.resolve("page.html")).doesNotExist();
    ended(globex, in(globex, () -> restores.undo(born, Actor.PANEL)));
    assertThat(root(globex, born).resolve("index.html")).exists();
  }

  @Test
  void whileTheServerIsAwayNobodyLooksAndANewSiteWaitsForBothItsSteps() throws IOException {
    Files.writeString(root.resolve("page.html"), "good");
    var made = taken(BackupType.FULL);
    machine.powerOff();
    assertThatThrownBy(() -> ours(() -> contents.files(site, made.id(), "", null)))
        .isInstanceOf(ServerNotReached.class);
    var scope = new RestoreScope(BackupType.FULL, null, List.of(), List.of(), true);
    var promised = ours(() -> restores.restoreAsNew(site, made.id(), scope, name(), null, null, Actor.PANEL));
    var waiting = eventually(() -> ours(() -> operations.get(promised.restore().id())),
        seen -> seen.errorCode() != null);
    assertThat(waiting.status()).isEqualTo(OperationStatus.QUEUED);
    assertThat(waiting.errorCode()).isEqualTo("SITE_NOT_MADE_YET");
    assertThat(ours(() -> restores.awaited(promised.site())).orElseThrow().running()).isTrue();
  }

  private BackupView taken(BackupType type) {
    return taken(acme, site, type);
  }

  private BackupView taken(Tenants tenant, SiteId of, BackupType type) {
    var made = in(tenant, () -> backups.create(of, type, null, Actor.PANEL));
    ended(tenant, made.operation());
    var view = in(tenant, () -> backups.get(of, made.backup()));
    assertThat(view.status()).as(view.failure()).isEqualTo(BackupStatus.COMPLETED);
    return view;
  }

  private void ended(Tenants tenant, Operation operation) {
    var end = eventually(() -> in(tenant, () -> operations.get(operation.id())), seen -> seen.status().ended());
    assertThat(end.status()).as(end.errorCode() + " " + end.errorMessage()).isEqualTo(OperationStatus.SUCCEEDED);
  }

  private static List<Operation> together(Callable<Operation> one, Callable<Operation> two) throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var answers = threads.invokeAll(List.of(one, two));
      return List.of(answers.getFirst().get(), answers.getLast().get());
    }
  }

  private <T> T ours(Supplier<T> work) {
    return in(acme, work);
  }

  private static <T> T in(Tenants tenant, Supplier<T> work) {
    return TenantContext.callAs(tenant.id(), work::get);
  }
}
