package io.chom.backups;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.operations.Operation;
import io.chom.operations.OperationStatus;
import io.chom.tenancy.TenantId;
import io.chom.testing.RealServices;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import tools.jackson.databind.json.JsonMapper;

/** Which server looks at a backup, and who is asked when that one could not. */
class ProofElsewhereTest extends SiteWithBackups {
  @Autowired
  ProveBackup proving;
  UUID home;
  UUID other;
  BackupId backup;

  @BeforeEach
  void acmeHasAnotherServerAndABackupOnAHostThatBothReach() {
    home = UUID.fromString(text("select server_id from site where id = '" + site + "'"));
    other = acme.server();
    backup = in(target(acme.id(), "box", TargetKind.SFTP, "sftp://u1@93.184.216.34:23/backups"));
  }

  @AfterEach
  void nothingIsSharedAnyMore() {
    RealServices
        .asAdministrator("update backup_target set status = 'REMOVED', secrets_sealed = null, is_default = false"
            + " where shared or shared_from is not null");
  }

  /** A whole backup there, or in the server's own directory. */
  private BackupId in(@Nullable TargetId target) {
    var id = as(acme, () -> backups.create(site, new BackupWish(BackupType.FULL, target, List.of()), null, Actor.PANEL))
        .backup();
    RealServices.asAdministrator("update site_backup set status = 'COMPLETED', snapshot = repeat('a', 64),"
        + " manifest = repeat('b', 64), size_bytes = 1000, finished_at = now() where id = '" + id + "';"
        + " update operation set status = 'SUCCEEDED', finished_at = now() where finished_at is null and subject_id = '"
        + site + "'");
    return id;
  }

  private Operation prove() {
    return as(acme, () -> backups.verify(site, backup, null, Actor.PANEL)).operation();
  }

  /** Who would look, asked without anybody looking. */
  private @Nullable UUID chosen() {
    var operation = prove();
    RealServices.asAdministrator("delete from operation where id = '" + operation.id()
        + "'; update site_backup set activity = null where id = '" + backup + "'");
    return operation.server();
  }

  private void ends(Operation operation, OperationStatus status, Runnable end) {
    RealServices.asAdministrator("update operation set status = '" + status + "', finished_at = now() where id = '"
        + operation.id() + "'");
    as(acme, () -> transaction.execute(_ -> {
      end.run();
      return true;
    }));
  }

  private void succeeds(Operation operation, String skipped) {
    var answer = "{\"outcome\":\"PROVEN\",\"files\":7,\"restore_ms\":5,\"skipped\":[" + skipped + "]}";
    RealServices.asAdministrator("update operation set result = '" + answer + "' where id = '" + operation.id() + "'");
    ends(operation, OperationStatus.SUCCEEDED,
        () -> proving.whenSucceeded(operation, new JsonMapper().readTree(answer)));
  }

  private void fails(Operation operation) {
    ends(operation, OperationStatus.FAILED, () -> proving.whenFailed(operation, "NO_ROOM", "for a reason"));
  }

  @Test
  void anotherServerOfTheTenantsLooksAndTheProofSaysWhich() {
    RealServices
        .asAdministrator("update server_allocation set server_name = 'web-2' where server_id = '" + other + "'");
    var operation = prove();
    assertThat(operation.server()).isEqualTo(other);
    assertThat(operation.subject().id()).as("it waits for the site's other changes").isEqualTo(site.value());
    assertThat(operation.payload().path("repository").asString()).startsWith("sftp://");
    assertThat(BackupOperations.elsewhere(operation)).isTrue();
    succeeds(operation, "\"answer.network\"");
    assertThat(as(acme, () -> backups.lastProof(backup))).hasValueSatisfying(proof -> {
      assertThat(proof.outcome()).isEqualTo(BackupProof.PROVEN);
      assertThat(proof.server()).isEqualTo(other);
      assertThat(proof.serverName()).isEqualTo("web-2");
      assertThat(proof.skipped()).containsExactly("answer.network");
    });
    assertThat(chosen()).as("and the next one").isEqualTo(other);
  }

  @Test
  void whatLiesOnTheSitesServerIsProvenThere() {
    backup = in(null);
    var operation = prove();
    assertThat(operation.server()).isEqualTo(home);
    assertThat(BackupOperations.elsewhere(operation)).isFalse();
  }

  @Test
  void aServerThatIsNotTheTenantsIsNotAsked() {
    take("update server_allocation set withdrawn_at = now()");
    assertThat(chosen()).isEqualTo(home);
    // another's, and one of the platform's on which acme has no place
    globex.server();
    globex.sharedServer();
    assertThat(chosen()).isEqualTo(home);
    var shared = acme.sharedServer();
    assertThat(chosen()).isEqualTo(shared);
    assertThatThrownBy(() -> as(globex, () -> backups.verify(site, backup, null, Actor.PANEL)))
        .isInstanceOf(BackupNotFound.class);
  }

  @Test
  void aServerThatDoesNotAnswerOrLacksWhatTheSiteNeedsIsNotAsked() {
    for (var lack : List.of("status = 'UNREACHABLE'", "status = 'HOST_KEY_CHANGED'", "status = 'MAINTENANCE'",
        "status = 'DECOMMISSIONING'", "health_layer = 'TCP'", "rootless = true",
        "health = '{\"recent\":\"\",\"agent\":{\"disk\":{\"total\":9000,\"used\":6001,\"available\":2999}}}'")) {
      RealServices.asAdministrator("update vps_server set " + lack + " where id = '" + other + "'");
      assertThat(chosen()).as(lack).isEqualTo(home);
      RealServices.asAdministrator("update vps_server set status = 'READY', health_layer = null, rootless = false,"
          + " health = null where id = '" + other + "'");
    }
    RealServices.asAdministrator("update site set type = 'php', php_version = '8.3' where id = '" + site + "'");
    assertThat(chosen()).as("it has no PHP").isEqualTo(home);
    RealServices.asAdministrator("update vps_server set php_versions = '{8.2,8.3}' where id = '" + other + "'");
    assertThat(chosen()).isEqualTo(other);
  }

  @Test
  void whatOpensASharedPlaceGoesToSharedServersOnly() {
    var shared = acme.sharedServer();
    RealServices.asAdministrator("update site set server_id = '" + shared + "' where id = '" + site + "'");
    var bucket = target(TenantId.PLATFORM, "bucket " + Uuid7.next(), TargetKind.S3,
        "s3:https://s3.example/b" + Uuid7.next().toString().replace("-", ""));
    RealServices.asAdministrator("update backup_target set shared = true where id = '" + bucket + "'");
    backup = in(bucket);
    assertThat(chosen()).as("both others are acme's own").isEqualTo(shared);
    var third = acme.sharedServer();
    assertThat(chosen()).isEqualTo(third);
  }

  @Test
  void theOneThatKeepsTheBackupComesLastThenTheBusyOnesThenTheFullOnes() {
    backup = in(target(acme.id(), "depot", TargetKind.SERVER, "sftp://d1@93.184.216.34:22/backups", other));
    assertThat(chosen()).as("better than none").isEqualTo(other);
    var third = acme.server();
    assertThat(chosen()).isEqualTo(third);
    var fourth = acme.server();
    has(third, 5_000);
    has(fourth, 9_000);
    assertThat(chosen()).as("more room").isEqualTo(fourth);
    RealServices.asAdministrator("insert into operation (id, tenant_id, type, subject_kind, subject_id, subject_label,"
        + " server_id, lane, status, payload, requested_label, created_at) values (uuidv7(), '" + globex.id()
        + "', 'site.enable', 'site', uuidv7(), 'x', '" + fourth + "', 'scheduled', 'QUEUED', '{}', 'x', now())");
    assertThat(chosen()).as("it has nothing else to do").isEqualTo(third);
    has(third, 9_000);
    RealServices.asAdministrator("update operation set status = 'CANCELLED', finished_at = now() where server_id = '"
        + fourth + "'");
    assertThat(chosen()).as("always the same of equals").isEqualTo(chosen());
  }

  private static void has(UUID server, long bytes) {
    RealServices.asAdministrator("update vps_server set health = '{\"recent\":\"\",\"agent\":{\"disk\":"
        + "{\"total\":99000,\"used\":1,\"available\":" + bytes + "}}}' where id = '" + server + "'");
  }

  @Test
  void whereAnotherOneCouldNotLookTheSitesOwnServerIsAskedAtOnceAndOnlyOnce() {
    var elsewhere = prove();
    fails(elsewhere);
    assertThat(as(acme, () -> backups.lastProof(backup))).as("nothing is known of it").isEmpty();
    var athome = eventually(elsewhere);
    assertThat(athome.server()).isEqualTo(home);
    assertThat(as(acme, () -> backups.get(site, backup)).activity()).isEqualTo(BackupActivity.PROVING);
    fails(athome);
    assertThat(as(acme, () -> backups.get(site, backup)).idle()).isTrue();
    assertThat(newest().id()).as("a failure at home stays one").isEqualTo(athome.id());
    assertThat(chosen()).as("the other one has its chance again").isEqualTo(other);
  }

  @Test
  void whoeverCouldNotAskForThePageGivesWayToTheSitesOwnServer() {
    var first = prove();
    succeeds(first, "\"answer\"");
    var second = prove();
    assertThat(second.server()).isEqualTo(home);
    succeeds(second, "");
    assertThat(chosen()).isEqualTo(other);
  }

  @Test
  void ofTwoAtOnceOneLooks() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Callable<Operation> asker = this::prove;
      var asked = threads.invokeAll(List.of(asker, asker, asker));
      assertThat(asked).filteredOn(one -> one.state() == Future.State.SUCCESS).hasSize(1);
      assertThat(asked).filteredOn(one -> one.state() == Future.State.FAILED)
          .extracting(Future::exceptionNow).hasOnlyElementsOfType(BackupRefused.class);
    }
    var key = "click-" + Uuid7.next();
    RealServices.asAdministrator("update site_backup set activity = null where id = '" + backup + "'");
    var before = as(acme, () -> backups.verify(site, backup, key, Actor.PANEL)).operation();
    take("update server_allocation set withdrawn_at = now()");
    assertThat(as(acme, () -> backups.verify(site, backup, key, Actor.PANEL)).operation().id())
        .as("a double click, though another server would be chosen now").isEqualTo(before.id());
  }

  private void take(String update) {
    RealServices.asAdministrator(update + " where server_id = '" + other + "'");
  }

  private Operation newest() {
    return as(acme, () -> operations.page(null, site.value(), null, 1)).getFirst();
  }

  private Operation eventually(Operation before) {
    long deadline = System.nanoTime() + 30_000_000_000L;
    while (newest().id().equals(before.id())) {
      assertThat(System.nanoTime()).as("nobody else was asked").isLessThan(deadline);
      LockSupport.parkNanos(20_000_000);
    }
    return newest();
  }

  private static String text(String sql) {
    try (var connection = RealServices.asAdministrator(); var rows = connection.createStatement().executeQuery(sql)) {
      rows.next();
      return Objects.requireNonNull(rows.getString(1));
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
