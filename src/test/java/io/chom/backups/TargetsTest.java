package io.chom.backups;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.audit.Audit;
import io.chom.backups.TargetRefused.Reason;
import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.servers.ServerId;
import io.chom.servers.ServerNotFound;
import io.chom.servers.ServerNotReached;
import io.chom.sites.CreateSite;
import io.chom.sites.DomainName;
import io.chom.sites.KnownSites;
import io.chom.sites.SiteId;
import io.chom.sites.SiteType;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.context.TestPropertySource;

/** Where backups go: each tenant's own places and those that are shared, and who learns what of them. */
@TestPropertySource(properties = "chom.outbound.allow=10.1.0.0/16")
class TargetsTest extends SiteWithBackups {
  @Autowired
  Targets targets;
  @Autowired
  Repositories repositories;
  @Autowired
  KnownSites known;
  @Autowired
  TargetReach places;
  @Autowired
  Audit audit;

  private TargetId box(Tenants owner) {
    return target(owner.id(), "box", TargetKind.SFTP, "sftp://u1@93.184.216.34:23/backups");
  }

  private TargetId sharedBucket() {
    return target(TenantId.PLATFORM, "bucket " + Uuid7.next(), TargetKind.S3,
        "s3:https://s3.example/b" + Uuid7.next().toString().replace("-", ""));
  }

  /** Nobody else's tests find what is shared here. */
  @AfterEach
  void nothingIsSharedAnyMore() {
    RealServices
        .asAdministrator("update backup_target set status = 'REMOVED', secrets_sealed = null, is_default = false"
            + " where shared or shared_from is not null");
  }

  private Backups.Promised to(@Nullable TargetId target) {
    return as(acme, () -> backups.create(site, new BackupWish(BackupType.FULL, target, List.of()), null, Actor.PANEL));
  }

  private static void done(BackupId id) {
    RealServices.asAdministrator("update site_backup set status = 'COMPLETED', snapshot = repeat('a', 64),"
        + " manifest = repeat('b', 64), finished_at = now() where id = '" + id + "'");
  }

  private Map<String, Object> payload(Backups.Promised promised) {
    var payload = as(acme, () -> operations.get(promised.operation().id())).payload();
    return Map.of("text", payload.toString(), "repository", payload.path("repository").asString(""));
  }

  @Test
  void aBackupGoesWhereItIsToldAndElseToTheTenantsDefault() {
    var box = box(acme);
    var first = to(null);
    assertThat(payload(first)).containsEntry("repository", "local:/var/backups/chom/" + site);
    done(first.backup());
    var second = to(box);
    assertThat(payload(second)).containsEntry("repository", "sftp://u1@93.184.216.34:23/backups/" + site);
    assertThat(payload(second).get("text").toString()).contains(HOST_KEY, "\"upload_kbps\":512")
        .doesNotContain(SECRET, "sftp_key", "check-key", "expect");
    done(second.backup());
    as(acme, () -> {
      targets.makeDefault(box, Actor.PANEL);
      return null;
    });
    var third = to(null);
    assertThat(payload(third)).containsEntry("repository", "sftp://u1@93.184.216.34:23/backups/" + site);
    done(third.backup());
    assertThat(payload(third).get("text").toString()).as("it is not made anew where one has been")
        .contains("\"expect\":true");
    assertThat(as(acme, () -> backups.get(site, first.backup())).target().kind()).as("stays where it is")
        .isEqualTo(TargetKind.LOCAL);
    var proof = as(acme, () -> backups.verify(site, first.backup(), null, Actor.PANEL));
    assertThat(payload(proof)).containsEntry("repository", "local:/var/backups/chom/" + site);
  }

  @Test
  void whatOpensATargetGoesToTheServerAndNowhereElse() {
    var box = box(acme);
    var promised = to(box);
    var repository = UUID.fromString(text("select repository_id from site_backup where id = '" + promised.backup()
        + "'"));
    var reach = as(acme, () -> repositories.reach(repository));
    assertThat(reach.location()).isEqualTo("sftp://u1@93.184.216.34:23/backups/" + site);
    assertThat(reach.secrets()).containsOnlyKeys("key", "sftp_key").containsEntry("sftp_key", SECRET);
    assertThat(reach.arguments()).containsOnlyKeys("repository", "host_key", "upload_kbps");
    assertThat(reach.toString()).doesNotContain(SECRET);
    assertThat(as(acme, () -> targets.list()).toString()).doesNotContain(SECRET, "check-key");
    assertThat(as(acme, () -> audit.page(null, 50)).toString()).doesNotContain(SECRET, "check-key");
    assertThat(text("select secrets_sealed from backup_target where id = '" + box + "'")).startsWith("v1.");
    assertThatThrownBy(() -> as(globex, () -> repositories.reach(repository))).as("another tenant's repository")
        .isInstanceOf(RuntimeException.class);
  }

  @Test
  void aSealedLoginOpensInItsOwnRowOnly() {
    var box = box(acme);
    var bucket = target(acme.id(), "bucket", TargetKind.S3, "s3:https://s3.example/bucket");
    RealServices.asAdministrator("update backup_target set secrets_sealed = (select secrets_sealed from backup_target"
        + " where id = '" + box + "') where id = '" + bucket + "'");
    var promised = to(bucket);
    var repository = UUID.fromString(text("select repository_id from site_backup where id = '" + promised.backup()
        + "'"));
    assertThatThrownBy(() -> as(acme, () -> repositories.reach(repository))).hasMessageContaining("another place");
  }

  @Test
  void anothersTargetIsNotFoundAndNothingIsMade() {
    var theirs = target(globex.id(), "theirs", TargetKind.SFTP, "sftp://u2@box.example/b");
    assertThatThrownBy(() -> to(theirs)).isInstanceOf(TargetNotFound.class);
    var wish = new ScheduleWish(BackupType.FULL, "@daily", "UTC", "", true, Duration.ofHours(1), 0,
        ScheduleWish.Keep.USUAL, theirs, List.of());
    assertThatThrownBy(() -> as(acme, () -> schedules.create(site, wish, true, Actor.PANEL)))
        .isInstanceOf(TargetNotFound.class);
    for (Supplier<?> work : List.<Supplier<?>>of(() -> targets.get(theirs),
        () -> targets.check(theirs, null, null, Actor.PANEL),
        () -> targets.change(theirs, new Targets.Change("mine", null, null, null), Actor.PANEL),
        () -> targets.remove(theirs, "theirs", Actor.PANEL), () -> {
          targets.makeDefault(theirs, Actor.PANEL);
          return "";
        })) {
      assertThatThrownBy(() -> as(acme, work::get)).isInstanceOf(TargetNotFound.class);
    }
    assertThat(text("select count(*) from site_backup where site_id = '" + site + "'")).isEqualTo("0");
    assertThat(text("select count(*) from backup_schedule where site_id = '" + site + "'")).isEqualTo("0");
    assertThat(text("select count(*) from backup_repository where site_id = '" + site + "'")).isEqualTo("0");
    assertThat(text("select name || status from backup_target where id = '" + theirs + "'")).isEqualTo("theirsREADY");
  }

  @Test
  void aSharedTargetIsSeenByItsNameUsedOnSharedServersAndOpensToNobody() {
    var shared = sharedBucket();
    var seen = as(acme, () -> targets.get(shared));
    assertThat(seen.shared()).isTrue();
    assertThat(seen.location()).isNull();
    assertThat(seen.checkedAt()).isNull();
    assertThat(as(acme, () -> targets.options())).extracting(Targets.Option::id).contains(shared);
    assertThat(refusal(() -> to(shared))).as("this site is on a server of its tenant")
        .isEqualTo(Reason.TARGET_ONLY_ON_SHARED_SERVERS);
    site = siteOnSharedServer(acme);
    var promised = to(shared);
    assertThat(payload(promised).get("repository").toString()).startsWith("s3:https://s3.example/b")
        .endsWith("/" + site);
    var repository = UUID.fromString(text("select repository_id from site_backup where id = '" + promised.backup()
        + "'"));
    assertThat(as(acme, () -> repositories.reach(repository)).secrets()).containsEntry("s3_secret", SECRET);
    var own = acme.server();
    assertThat(refusal(() -> as(acme, () -> {
      repositories.requireFor(repository, own);
      return own;
    }))).as("a restore there would tell its root").isEqualTo(Reason.TARGET_ONLY_ON_SHARED_SERVERS);
    done(promised.backup());
    assertThat(as(acme, () -> backups.get(site, promised.backup())).target().id()).isEqualTo(shared);
    for (Supplier<?> work : List.<Supplier<?>>of(() -> targets.check(shared, null, null, Actor.PANEL),
        () -> targets.change(shared, new Targets.Change("mine", null, null, null), Actor.PANEL),
        () -> targets.remove(shared, "x", Actor.PANEL))) {
      assertThat(refusal(() -> as(acme, work::get))).isEqualTo(Reason.TARGET_SHARED);
    }
    assertThat(as(globex, () -> targets.get(shared)).backups()).as("not what others have there").isZero();
    assertThat(as(acme, () -> targets.get(shared)).backups()).isOne();
    var name = TenantContext.callAs(TenantId.PLATFORM, () -> targets.get(shared)).name();
    assertThat(refusal(
        () -> TenantContext.callAs(TenantId.PLATFORM, () -> targets.remove(shared, name, Actor.PANEL))))
        .isEqualTo(Reason.TARGET_IN_USE);
    RealServices.asAdministrator("update site_backup set status = 'EXPIRED' where id = '" + promised.backup() + "'");
    TenantContext.callAs(TenantId.PLATFORM, () -> targets.remove(shared, name, Actor.PANEL));
    assertThatThrownBy(() -> as(acme, () -> targets.get(shared))).isInstanceOf(TargetNotFound.class);
    assertThatThrownBy(() -> to(shared)).isInstanceOf(TargetNotFound.class);
  }

  @Test
  void aTargetGoesOnlyWhenNothingIsOrWillBeThere() {
    var box = box(acme);
    var wish = new ScheduleWish(BackupType.FULL, "@daily", "UTC", "", true, Duration.ofHours(1), 0,
        ScheduleWish.Keep.USUAL, box, List.of("shared/cache"));
    var schedule = as(acme, () -> schedules.create(site, wish, true, Actor.PANEL));
    assertThat(as(acme, () -> schedules.of(site)).getFirst().wish()).isEqualTo(wish);
    var promised = to(box);
    assertThat(removal(box)).isEqualTo(Reason.TARGET_IN_USE);
    done(promised.backup());
    assertThat(removal(box)).isEqualTo(Reason.TARGET_IN_USE);
    RealServices.asAdministrator("update site_backup set status = 'EXPIRED' where id = '" + promised.backup() + "'");
    assertThat(removal(box)).isEqualTo(Reason.TARGET_SCHEDULED);
    as(acme, () -> {
      schedules.delete(site, schedule.id(), Actor.PANEL);
      targets.makeDefault(box, Actor.PANEL);
      return null;
    });
    assertThat(removal(box)).isEqualTo(Reason.TARGET_IS_DEFAULT);
    var local = as(acme, () -> targets.list()).stream().filter(one -> one.kind() == TargetKind.LOCAL).findFirst()
        .orElseThrow();
    as(acme, () -> {
      targets.makeDefault(local.id(), Actor.PANEL);
      return null;
    });
    assertThat(refusal(() -> as(acme, () -> targets.remove(box, "bax", Actor.PANEL))))
        .isEqualTo(Reason.NAME_DOES_NOT_MATCH);
    assertThat(as(acme, () -> targets.remove(box, "box", Actor.PANEL))).isEmpty();
    assertThatThrownBy(() -> as(acme, () -> targets.get(box))).isInstanceOf(TargetNotFound.class);
    assertThat(text("select coalesce(secrets_sealed, '-') from backup_target where id = '" + box + "'")).isEqualTo("-");
    assertThat(as(acme, () -> backups.get(site, promised.backup())).target().name()).as("history stays")
        .isEqualTo("box");
    box(acme);
    assertThat(refusal(() -> as(acme, () -> targets.remove(local.id(), "local", Actor.PANEL))))
        .isEqualTo(Reason.TARGET_IS_LOCAL);
  }

  @Test
  void whileSomebodyBeginsABackupThereATargetIsNotRemoved() throws Exception {
    for (int round = 0; round < 8; round++) {
      var one = target(acme.id(), "round " + round, TargetKind.SFTP, "sftp://u1@box.example/" + round);
      var name = "round " + round;
      var ends = together(() -> to(one), () -> as(acme, () -> targets.remove(one, name, Actor.PANEL)));
      var taken = "select count(*) from site_backup b join backup_repository r on r.id = b.repository_id"
          + " where r.target_id = '" + one + "' and b.status = 'RUNNING'";
      var status = text("select status from backup_target where id = '" + one + "'");
      assertThat(text(taken)).as(ends.toString()).isEqualTo(status.equals("REMOVED") ? "0" : "1");
      RealServices.asAdministrator("update site_backup set status = 'FAILED' where site_id = '" + site + "'");
    }
  }

  @Test
  void twoTargetsOfOneNameOrPlaceAreOneAndOneDefaultIsOne() throws Exception {
    var made = together(() -> box(acme), () -> box(acme));
    assertThat(made).filteredOn(Objects::nonNull).hasSize(1);
    var other = target(acme.id(), "other", TargetKind.SFTP, "sftp://u1@box.example/other");
    var box = as(acme, () -> targets.list()).stream().filter(one -> one.name().equals("box")).findFirst().orElseThrow();
    together(() -> as(acme, () -> {
      targets.makeDefault(other, Actor.PANEL);
      return other;
    }), () -> as(acme, () -> {
      targets.makeDefault(box.id(), Actor.PANEL);
      return box;
    }));
    assertThat(as(acme, () -> targets.list())).filteredOn(TargetView::isDefault).hasSize(1);
    assertThat(refusal(() -> as(acme, () -> targets.change(other, new Targets.Change("BOX", null, null, null),
        Actor.PANEL)))).isEqualTo(Reason.TARGET_NAME_TAKEN);
  }

  @Test
  void nothingIsKeptWhereNoServerLooked() {
    var bucket = new NewTarget("bucket", TargetKind.S3, "https://93.184.216.34/bucket", "AKIA", SECRET, null, null,
        null, null, null);
    assertThatThrownBy(() -> as(acme, () -> targets.create(bucket, null, Actor.PANEL))).as("its server is away")
        .isInstanceOf(ServerNotReached.class);
    assertThatThrownBy(() -> as(acme, () -> targets.create(bucket, new ServerId(UUID.randomUUID()), Actor.PANEL)))
        .as("not its server").isInstanceOf(ServerNotFound.class);
    var stranger = Tenants.named("Initech", "pro");
    assertThat(refusal(() -> as(stranger, () -> targets.create(bucket, null, Actor.PANEL))))
        .isEqualTo(Reason.NO_SERVER_TO_ASK);
    assertThat(text("select count(*) from backup_target where tenant_id in ('" + acme.id() + "', '" + stranger.id()
        + "') and kind <> 'LOCAL'")).isEqualTo("0");
    assertThat(as(acme, () -> audit.page(null, 50))).noneMatch(event -> event.action().startsWith("backup.target"));
    var box = box(acme);
    assertThatThrownBy(() -> as(acme, () -> targets.check(box, null, null, Actor.PANEL)))
        .isInstanceOf(ServerNotReached.class);
    assertThat(as(acme, () -> targets.get(box)).status()).as("nobody looked").isEqualTo(TargetStatus.READY);
    var gone = target(acme.id(), "gone", TargetKind.SFTP, "sftp://u1@127.0.0.1/backups");
    var looked = as(acme, () -> targets.check(gone, null, null, Actor.PANEL));
    assertThat(looked.status()).as("nothing goes there any more").isEqualTo(TargetStatus.UNREACHABLE);
    assertThat(looked.checkFailure()).contains("not a public one");
  }

  /** The agent does not know what the operator allows: it goes to these addresses alone, whatever the name comes to mean. */
  @Test
  void theAddressesThatWereJudgedGoAlongForWhatIsAllowedThoughNotPublic() {
    assertThat(addresses("nas", TargetKind.SFTP, "sftp://u1@10.1.2.3/backups", true)).isEqualTo(List.of("10.1.2.3"));
    assertThat(addresses("web", TargetKind.S3, "s3:https://10.1.2.4/bucket", true)).isEqualTo(List.of("10.1.2.4"));
    assertThat(addresses("out", TargetKind.SFTP, "sftp://u1@10.2.2.3/backups", true)).as("allowed no longer").isNull();
    assertThat(addresses("pub", TargetKind.SFTP, "sftp://u1@93.184.216.34/b", false)).as("the agent judges").isNull();
    assertThat(addresses("own", TargetKind.SERVER, "sftp://depot-1@10.9.9.9:22/data", false)).as("a server of ours")
        .isEqualTo(List.of("10.9.9.9"));
  }

  private @Nullable Object addresses(String name, TargetKind kind, String location, boolean allowed) {
    var id = target(acme.id(), name, kind, location);
    RealServices.asAdministrator("update backup_target set private = " + allowed + " where id = '" + id + "'");
    return as(acme, () -> places.arguments(rows.row(id.value()).orElseThrow())).get("addresses");
  }

  @Test
  void whatCannotBeATargetIsRefusedBeforeAnybodyIsAsked() {
    assertThat(refusal(() -> create("x", TargetKind.S3, "https://169.254.169.254/latest", "a", "b")))
        .isEqualTo("HOST_NOT_PUBLIC");
    for (var inside : List.of("https://127.0.0.1/bucket", "https://[::1]/bucket", "https://10.0.0.1/bucket",
        "https://192.168.1.1/bucket", "https://100.64.0.1/bucket", "https://[fd00::1]/bucket",
        "https://localhost/bucket", "https://2130706433/bucket", "https://0.0.0.0/bucket",
        "https://[::ffff:127.0.0.1]/bucket")) {
      assertThat(refusal(() -> create("x", TargetKind.S3, inside, "a", "b"))).as(inside).isEqualTo("HOST_NOT_PUBLIC");
    }
    assertThat(refusal(() -> create("x", TargetKind.SFTP, "sftp://u@127.0.0.1/b", null, null)))
        .isEqualTo("HOST_NOT_PUBLIC");
    assertThat(refusal(() -> create("x", TargetKind.REST, "http://93.184.216.34/x", null, null)))
        .isEqualTo(Reason.TARGET_NOT_ENCRYPTED);
    assertThatThrownBy(() -> create("x", TargetKind.REST, "http://10.1.2.3/x", null, null)).as("the operator allows it")
        .isInstanceOf(ServerNotReached.class);
    assertThat(refusal(() -> create("x", TargetKind.LOCAL, "/mnt/x", null, null)))
        .isEqualTo(Reason.TARGET_KIND_NOT_YOURS);
    assertThat(refusal(() -> create(" ", TargetKind.S3, "https://93.184.216.34/bucket", "a", "b")))
        .isEqualTo(Reason.TARGET_NAME_INVALID);
    assertThat(refusal(() -> create("a\u0007b", TargetKind.S3, "https://93.184.216.34/bucket", "a", "b")))
        .isEqualTo(Reason.TARGET_NAME_INVALID);
    for (var pair : List.of(List.of("a", ""), List.of("", "b"), List.of("a", "b\nc"), List.of("a:b", "c"),
        List.of("a", "x".repeat(201)), List.of(" a", "b"))) {
      assertThat(refusal(() -> create("x", TargetKind.S3, "https://93.184.216.34/bucket", pair.get(0), pair.get(1))))
          .as(pair.toString()).isEqualTo(Reason.TARGET_CREDENTIALS_INVALID);
    }
  }

  @Test
  void whatIsLeftOutIsSentAndPatternsThatCannotBeAreRefused() {
    var promised = as(acme, () -> backups.create(site,
        new BackupWish(BackupType.FILES, null, List.of("shared/cache", "**/*.log")), null, Actor.PANEL));
    assertThat(payload(promised).get("text").toString()).contains("\"exclude\":[\"shared/cache\",\"**/*.log\"]");
    done(promised.backup());
    for (var bad : List.of("", " ", "a\\b", "a\nb", "!a", "x".repeat(201))) {
      assertThatThrownBy(() -> as(acme, () -> backups.create(site,
          new BackupWish(BackupType.FILES, null, List.of(bad)), null, Actor.PANEL))).as(bad)
          .isInstanceOfSatisfying(BackupRefused.class,
              e -> assertThat(e.reason()).isEqualTo(BackupRefused.Reason.EXCLUDE_INVALID));
    }
    assertThatThrownBy(() -> as(acme, () -> backups.create(site, new BackupWish(BackupType.FILES, null,
        IntStream.range(0, 51).mapToObj(n -> "a" + n).toList()), null, Actor.PANEL))).isInstanceOf(BackupRefused.class);
  }

  @Test
  void whereNothingCanBeRemovedNothingIsTriedToBe() {
    var vault = target(acme.id(), "vault", TargetKind.REST, "rest:https://93.184.216.34/v");
    var promised = to(vault);
    done(promised.backup());
    RealServices.asAdministrator("update backup_target set append_only = true where id = '" + vault + "'");
    var domain = as(acme, () -> backups.get(site, promised.backup())).domain();
    assertThatThrownBy(() -> as(acme, () -> backups.delete(site, promised.backup(), domain, Actor.PANEL)))
        .isInstanceOfSatisfying(BackupRefused.class,
            e -> assertThat(e.reason()).isEqualTo(BackupRefused.Reason.TARGET_KEEPS_ALL));
    assertThat(as(acme, () -> backups.get(site, promised.backup())).idle()).isTrue();
    RealServices.asAdministrator("update backup_target set append_only = false where id = '" + vault + "'");
    assertThat(as(acme, () -> backups.delete(site, promised.backup(), domain, Actor.PANEL))).isPresent();
  }

  @Test
  void aNewSftpTargetIsNotUsedBeforeSomebodyGotIn() {
    var box = box(acme);
    RealServices.asAdministrator("update backup_target set status = 'NEW' where id = '" + box + "'");
    assertThat(refusal(() -> to(box))).isEqualTo(Reason.TARGET_NOT_READY);
    assertThat(refusal(() -> as(acme, () -> {
      targets.makeDefault(box, Actor.PANEL);
      return null;
    }))).isEqualTo(Reason.TARGET_NOT_READY);
    assertThat(as(acme, () -> targets.options())).extracting(Targets.Option::id).doesNotContain(box);
    RealServices.asAdministrator("update backup_target set status = 'UNREACHABLE' where id = '" + box + "'");
    assertThat(payload(to(box)).get("repository").toString()).startsWith("sftp://");
  }

  @Test
  void aTargetOnAServerIsPromisedMadeByItsServerAndTakenAwayByIt() {
    var server = acme.server();
    var wanted = new NewTarget("depot", TargetKind.SERVER, "", null, null, null, null, null, null,
        new ServerId(server));
    var made = as(acme, () -> targets.create(wanted, null, Actor.PANEL));
    var operation = made.operation().orElseThrow();
    assertThat(operation.type().value()).isEqualTo("target.create");
    assertThat(operation.server()).isEqualTo(server);
    assertThat(operation.payload().toString()).contains("ssh-ed25519 ").doesNotContain("PRIVATE");
    assertThat(refusal(() -> to(made.target().id()))).isEqualTo(Reason.TARGET_NOT_READY);
    assertThat(refusal(() -> as(acme, () -> targets.check(made.target().id(), null, null, Actor.PANEL))))
        .isEqualTo(Reason.TARGET_NOT_MADE);
    var gone = as(acme, () -> targets.remove(made.target().id(), "depot", Actor.PANEL)).orElseThrow();
    assertThat(gone.type().value()).isEqualTo("target.remove");
    assertThat(refusal(() -> as(acme, () -> targets.remove(made.target().id(), "depot", Actor.PANEL))))
        .isEqualTo(Reason.TARGET_NOT_READY);
    var foreign = new NewTarget("foreign", TargetKind.SERVER, "", null, null, null, null, null, null,
        new ServerId(globex.server()));
    assertThatThrownBy(() -> as(acme, () -> targets.create(foreign, null, Actor.PANEL)))
        .isInstanceOf(ServerNotFound.class);
  }

  @Test
  void aTenantHasSoManyTargetsAndFewerOnServersThatOthersShare() throws Exception {
    var shared = acme.sharedServer();
    for (int n = 1; n < 3; n++) {
      depot(shared, "depot-" + n);
    }
    var both = together(() -> depot(shared, "one"), () -> depot(shared, "other"));
    assertThat(both.stream().filter(Objects::nonNull)).as("twice at once").hasSize(1);
    assertThat(refusal(() -> depot(shared, "fourth"))).isEqualTo(Reason.TOO_MANY_DEPOTS);
    depot(acme.server(), "own-server");
    for (int n = 4; n < 19; n++) {
      target(acme.id(), "box-" + n, TargetKind.SFTP, "sftp://u1@93.184.216.34:23/b" + n);
    }
    var last = together(() -> depot(acme.server(), "a"), () -> depot(acme.server(), "b"));
    assertThat(last.stream().filter(Objects::nonNull)).as("twice at once").hasSize(1);
    assertThat(refusal(() -> depot(acme.server(), "c"))).isEqualTo(Reason.TOO_MANY_TARGETS);
    assertThat(refusal(() -> create("d", TargetKind.S3, "https://93.184.216.34/bucket", "AKIA", "pw")))
        .as("nobody is asked first").isEqualTo(Reason.TOO_MANY_TARGETS);
    var theirs = new NewTarget("theirs", TargetKind.SERVER, "", null, null, null, null, null, null,
        new ServerId(globex.server()));
    assertThat(as(globex, () -> targets.create(theirs, null, Actor.PANEL)).operation()).as("another tenant's room")
        .isPresent();
  }

  @Test
  void nothingIsMadeOnAServerThatLeaves() {
    var server = acme.server();
    RealServices.asAdministrator("update vps_server set status = 'DECOMMISSIONING' where id = '" + server + "'");
    assertThat(refusal(() -> depot(server, "late"))).isEqualTo(Reason.SERVER_LEAVES);
  }

  @Test
  void whatIsSharedNoMoreIsNoChoiceOfWhoUsedIt() {
    var shared = sharedBucket();
    site = siteOnSharedServer(acme);
    done(to(shared).backup());
    assertThat(as(acme, () -> targets.options())).extracting(Targets.Option::id).contains(shared);
    RealServices
        .asAdministrator("update backup_target set status = 'REMOVED', secrets_sealed = null where id = '" + shared
            + "'");
    for (var tenant : List.of(acme, globex)) {
      assertThat(as(tenant, () -> targets.options())).extracting(Targets.Option::id).doesNotContain(shared);
    }
  }

  @Test
  void aTargetThatIsGoneForGoodIsGivenUpWithItsBackupsAndTheLossIsNamed() throws Exception {
    var box = box(acme);
    var local = to(null);
    done(local.backup());
    var there = to(box);
    done(there.backup());
    RealServices.asAdministrator("update site_backup set proof = 'PROVEN', proven_at = now() where id = '"
        + there.backup() + "'; update backup_repository set stored_bytes = 5000 where target_id = '" + box + "'");
    assertThat(removal(box)).isEqualTo(Reason.TARGET_IN_USE);
    assertThat(refusal(() -> as(acme, () -> targets.forget(box, "bx", Actor.PANEL))))
        .isEqualTo(Reason.NAME_DOES_NOT_MATCH);
    for (Supplier<?> work : List.<Supplier<?>>of(() -> targets.forget(box, "box", Actor.PANEL),
        () -> targets.loss(box))) {
      assertThatThrownBy(() -> as(globex, work::get)).isInstanceOf(TargetNotFound.class);
    }
    var running = to(box);
    assertThat(refusal(() -> as(acme, () -> targets.forget(box, "box", Actor.PANEL)))).isEqualTo(Reason.TARGET_BUSY);
    RealServices.asAdministrator("update site_backup set status = 'FAILED' where id = '" + running.backup() + "'");
    var domain = as(acme, () -> backups.get(site, there.backup())).domain();
    var loss = as(acme, () -> targets.loss(box));
    assertThat(loss.backups()).isOne();
    assertThat(loss.lastOf()).as("the other one is good, as far as is known").isEmpty();
    assertThat(loss.lastProvenOf()).containsExactly(domain);

    var ends = together(() -> as(acme, () -> targets.forget(box, "box", Actor.PANEL)),
        () -> as(acme, () -> targets.forget(box, "box", Actor.PANEL)));
    assertThat(ends).as("twice at once").filteredOn(Objects::nonNull).hasSize(1);
    assertThatThrownBy(() -> as(acme, () -> targets.get(box))).isInstanceOf(TargetNotFound.class);
    assertThat(as(acme, () -> backups.get(site, there.backup())).status()).isEqualTo(BackupStatus.EXPIRED);
    assertThat(as(acme, () -> backups.get(site, local.backup())).status()).isEqualTo(BackupStatus.COMPLETED);
    assertThat(as(acme, () -> backups.page(BackupFilter.of(site, 20)))).extracting(BackupView::id)
        .doesNotContain(there.backup()).contains(local.backup());
    assertThat(text("select sum(stored_bytes) from backup_repository where target_id = '" + box + "'")).isEqualTo("0");
    assertThat(text("select coalesce(secrets_sealed, '-') from backup_target where id = '" + box + "'")).isEqualTo("-");
    assertThat(as(acme, () -> audit.page(null, 50)).toString()).contains("backup.target.forget", domain);
    done(to(null).backup());
  }

  @Test
  void whatStillIsToGoThereIsNotGivenUpAndADepotIsTakenAwayByItsServer() {
    var box = box(acme);
    as(acme, () -> {
      targets.makeDefault(box, Actor.PANEL);
      return null;
    });
    assertThat(refusal(() -> as(acme, () -> targets.forget(box, "box", Actor.PANEL))))
        .isEqualTo(Reason.TARGET_IS_DEFAULT);
    var depot = depot(acme.server(), "depot");
    var given = as(acme, () -> targets.forget(depot, "depot", Actor.PANEL));
    assertThat(given.operation().orElseThrow().type().value()).isEqualTo("target.remove");
    var shared = sharedBucket();
    assertThat(refusal(() -> as(acme, () -> targets.forget(shared, "x", Actor.PANEL)))).isEqualTo(Reason.TARGET_SHARED);
  }

  private TargetId depot(UUID server, String name) {
    var wanted = new NewTarget(name, TargetKind.SERVER, "", null, null, null, null, null, null, new ServerId(server));
    return as(acme, () -> targets.create(wanted, null, Actor.PANEL)).target().id();
  }

  private SiteId siteOnSharedServer(Tenants tenant) {
    var server = new ServerId(tenant.sharedServer());
    var wanted = new CreateSite(DomainName.parse("k" + Uuid7.next().toString().replace("-", "") + ".example"),
        SiteType.STATIC, null, server, null);
    var id = as(tenant, () -> sites.create(wanted, Actor.PANEL).site());
    RealServices.asAdministrator("update site set status = 'ACTIVE' where id = '" + id + "'");
    return id;
  }

  private Object create(String name, TargetKind kind, String location, @Nullable String login,
      @Nullable String password) {
    return as(acme, () -> targets.create(
        new NewTarget(name, kind, location, login, password, null, null, null, null, null), null, Actor.PANEL));
  }

  private Object removal(TargetId id) {
    return refusal(() -> as(acme, () -> targets.remove(id, "box", Actor.PANEL)));
  }

  private static Object refusal(Supplier<?> work) {
    try {
      return "nothing: " + work.get();
    } catch (TargetRefused e) {
      return e.reason();
    } catch (io.chom.outbound.OutboundRefused e) {
      return e.code();
    }
  }

  /** What each answers; null for one that was refused. */
  private static List<Object> together(Callable<?> one, Callable<?> other) throws Exception {
    try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      return pool.invokeAll(List.<Callable<Object>>of(one::call, other::call)).stream().map(TargetsTest::end).toList();
    }
  }

  private static @Nullable Object end(Future<Object> work) {
    return work.state() == Future.State.SUCCESS ? work.resultNow() : null;
  }

  private static String text(String sql) {
    try (var database = RealServices.asAdministrator();
        var statement = database.createStatement();
        var row = statement.executeQuery(sql)) {
      assertThat(row.next()).isTrue();
      return row.getString(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
