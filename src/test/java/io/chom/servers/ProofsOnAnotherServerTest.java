package io.chom.servers;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.backups.BackupId;
import io.chom.backups.BackupProof;
import io.chom.backups.BackupType;
import io.chom.backups.BackupWish;
import io.chom.backups.Backups;
import io.chom.backups.NewTarget;
import io.chom.backups.TargetCheckFailed;
import io.chom.backups.TargetId;
import io.chom.backups.TargetKind;
import io.chom.backups.Targets;
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
import io.chom.testing.RealServices;
import io.chom.testing.RootlessMachine;
import io.chom.testing.Tenants;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.context.TestPropertySource;

/** A backup in a place that two servers reach is looked at by the one that does not have the site, with the real agent. */
@TestPropertySource(properties = "chom.outbound.allow=127.0.0.0/8")
class ProofsOnAnotherServerTest extends FleetTest {
  @Autowired
  Sites sites;
  @Autowired
  Backups backups;
  @Autowired
  Targets targets;
  final Tenants acme = Tenants.acme();
  @TempDir
  Path otherHome;
  @TempDir
  Path kept;
  RootlessMachine otherMachine;
  Process keeper;
  ServerId own;
  ServerId other;
  SiteId site;
  BackupId backup;

  @BeforeEach
  void acmeHasASiteOnOneOfTwoServersAndABackupInAPlaceThatBothReach() throws IOException {
    own = enrolled();
    var machineOfTheSite = machine;
    otherMachine = new RootlessMachine(otherHome);
    machine = otherMachine;
    other = enrolled();
    machine = machineOfTheSite;
    acme.allocate(own.value(), TenantId.PLATFORM);
    acme.allocate(other.value(), TenantId.PLATFORM);
    int port = freePort();
    keeper = new ProcessBuilder("rclone", "serve", "restic", "--addr", "127.0.0.1:" + port, kept.toString())
        .redirectErrorStream(true).redirectOutput(home.resolve("rclone.log").toFile()).start();
    eventually(() -> listens(port), there -> there);
    var name = DomainName.parse("e" + Uuid7.next().toString().replace("-", "").substring(8) + ".example");
    site = ours(() -> sites.create(new CreateSite(name, SiteType.STATIC, null, own, null), Actor.PANEL)).site();
    var made = eventually(() -> ours(() -> sites.get(site)),
        seen -> seen.status() == SiteStatus.ACTIVE || seen.status() == SiteStatus.FAILED);
    assertThat(made.status()).as(made.failure()).isEqualTo(SiteStatus.ACTIVE);
    Files.writeString(Path.of(Objects.requireNonNull(made.documentRoot())).resolve("page.html"),
        "a page ".repeat(5_000));
    var wanted = new NewTarget("vault", TargetKind.REST, "http://127.0.0.1:" + port + "/vault", null, null, null, null,
        null, null, null);
    // a machine with much else to do may take longer to get in than is waited
    var target = eventually(() -> made(wanted), Optional::isPresent).orElseThrow();
    backup = taken(target);
  }

  @AfterEach
  void switchTheOthersOff() throws InterruptedException {
    otherMachine.close();
    keeper.destroyForcibly().waitFor();
  }

  private Optional<TargetId> made(NewTarget wanted) {
    try {
      return Optional.of(ours(() -> targets.create(wanted, own, Actor.PANEL)).target().id());
    } catch (TargetCheckFailed _) {
      return Optional.empty();
    }
  }

  private BackupId taken(TargetId target) {
    var promised = ours(
        () -> backups.create(site, new BackupWish(BackupType.FULL, target, List.of()), null, Actor.PANEL));
    assertThat(end(promised.operation()).status()).isEqualTo(OperationStatus.SUCCEEDED);
    return promised.backup();
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static boolean listens(int port) {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress("127.0.0.1", port), 1_000);
      return true;
    } catch (IOException _) {
      return false;
    }
  }

  @Test
  void theOtherServerProvesItAndLeavesNothingBehind() throws IOException {
    var proof = end(prove());
    assertThat(proof.status()).as(proof.errorMessage()).isEqualTo(OperationStatus.SUCCEEDED);
    assertThat(proof.server()).isEqualTo(other.value());
    assertThat(ours(() -> backups.lastProof(backup))).hasValueSatisfying(seen -> {
      assertThat(seen.outcome()).isEqualTo(BackupProof.PROVEN);
      assertThat(seen.server()).isEqualTo(other.value());
      assertThat(seen.files()).isPositive();
      assertThat(seen.skipped()).as("there are no daemons").containsExactly("answer");
    });
    assertThat(files(otherHome.resolve("srv/chom/scratch"))).isZero();
    assertThat(files(otherHome.resolve("srv/chom/sites"))).isZero();
    assertThat(filesUnder(kept, "locks")).isZero();
  }

  @Test
  void whatTheOtherServerFindsBrokenIsBrokenWhenTheSitesOwnSaysSo() throws IOException {
    damagePacks();
    var elsewhere = end(prove());
    assertThat(elsewhere.server()).isEqualTo(other.value());
    assertThat(elsewhere.errorCode()).isEqualTo("NOT_PROVEN_ELSEWHERE");
    var athome = eventually(this::lastProof, seen -> !seen.id().equals(elsewhere.id()) && seen.status().ended());
    assertThat(athome.status()).as(athome.errorMessage()).isEqualTo(OperationStatus.SUCCEEDED);
    assertThat(athome.server()).isEqualTo(own.value());
    assertThat(ours(() -> backups.lastProof(backup))).hasValueSatisfying(seen -> {
      assertThat(seen.outcome()).isEqualTo(BackupProof.BROKEN);
      assertThat(seen.server()).isEqualTo(own.value());
    });
  }

  @Test
  void whileTheOtherServerIsAwayTheSitesOwnLooksInstead() {
    otherMachine.powerOff();
    // nobody has noticed yet
    RealServices.asAdministrator("update vps_server set status = 'READY', health_layer = null, health_at = now()"
        + " + interval '1 day' where id = '" + other + "'");
    var elsewhere = end(prove());
    assertThat(elsewhere.server()).isEqualTo(other.value());
    assertThat(elsewhere.errorCode()).isEqualTo("PROOF_SERVER_AWAY");
    var athome = eventually(this::lastProof, seen -> !seen.id().equals(elsewhere.id()) && seen.status().ended());
    assertThat(athome.server()).isEqualTo(own.value());
    assertThat(ours(() -> backups.get(site, backup)).proof()).isEqualTo(BackupProof.PROVEN);
  }

  private Operation prove() {
    return ours(() -> backups.verify(site, backup, null, Actor.PANEL)).operation();
  }

  private Operation lastProof() {
    return ours(() -> operations.page(null, site.value(), null, 10)).stream()
        .filter(one -> one.type().value().equals("backup.verify")).findFirst().orElseThrow();
  }

  private Operation end(Operation operation) {
    return eventually(() -> ours(() -> operations.get(operation.id())), seen -> seen.status().ended());
  }

  private void damagePacks() throws IOException {
    try (var all = Files.walk(kept)) {
      for (var pack : all.filter(Files::isRegularFile).filter(one -> one.toString().contains("/data/")).toList()) {
        var bytes = Files.readAllBytes(pack);
        for (int i = 40; i < bytes.length; i += 100) {
          bytes[i] ^= 1;
        }
        Files.write(pack, bytes);
      }
    }
  }

  private static long files(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return 0;
    }
    try (var all = Files.list(directory)) {
      return all.count();
    }
  }

  private static long filesUnder(Path top, String directory) throws IOException {
    try (var all = Files.walk(top)) {
      return all.filter(Files::isRegularFile).filter(one -> one.toString().contains("/" + directory + "/")).count();
    }
  }

  private <T> T ours(Supplier<T> work) {
    return TenantContext.callAs(acme.id(), work::get);
  }
}
