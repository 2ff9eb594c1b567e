package io.chom.backups;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.common.Actor;
import io.chom.operations.Lane;
import io.chom.testing.RealServices;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

/** Backups are looked at without anybody asking, and a broken one is not the last. */
class BackupProofsTest extends SiteWithBackups {
  @Autowired
  BackupProofs proofs;

  private void keep(int proveDays) {
    as(acme, () -> schedules.create(site, new ScheduleWish(BackupType.FULL, "@daily", "UTC", "", true,
        Duration.ofHours(1), proveDays, ScheduleWish.Keep.USUAL), true, Actor.PANEL));
  }

  private void looked(BackupId id, BackupProof outcome, int daysAgo) {
    RealServices.asAdministrator("update site_backup set proof = '" + outcome + "', proven_at = now(), activity = null"
        + " where id = '" + id + "'; insert into backup_proof (tenant_id, backup_id, server_id, outcome, created_at)"
        + " select tenant_id, id, uuidv7(), '" + outcome + "', now() - interval '" + daysAgo
        + " days' from site_backup where id = '" + id + "'");
  }

  private boolean prove(BackupId id) {
    return as(acme, () -> proofs.proveIfDue(site, BackupType.FULL, id));
  }

  private List<BackupView> all() {
    return as(acme, () -> backups.page(BackupFilter.of(site, 50)));
  }

  @Test
  void aNewBackupIsProvenWhenNobodyHasLookedAtOneForLong() {
    var first = backup(0);
    assertThat(prove(first)).as("without a schedule").isFalse();
    keep(7);
    assertThat(prove(first)).isTrue();
    assertThat(all().getFirst().activity()).isEqualTo(BackupActivity.PROVING);
    assertThat(as(acme, () -> operations.page(null, site.value(), null, 1)).getFirst()).satisfies(operation -> {
      assertThat(operation.type().value()).isEqualTo("backup.verify");
      assertThat(operation.lane()).isEqualTo(Lane.SCHEDULED);
    });
    assertThat(prove(first)).as("it is under way").isFalse();
    looked(first, BackupProof.PROVEN, 0);
    assertThat(prove(backup(0))).as("one was looked at today").isFalse();
    RealServices.asAdministrator("update backup_proof set created_at = now() - interval '8 days' where backup_id = '"
        + first + "'");
    assertThat(prove(backup(0))).isTrue();
  }

  @Test
  void nothingIsProvenByItselfWhereTheScheduleSaysNever() {
    keep(0);
    assertThat(prove(backup(0))).isFalse();
  }

  @Test
  void aBrokenBackupIsReplacedOnce() throws Exception {
    var broken = backup(1);
    looked(broken, BackupProof.BROKEN, 0);
    try (var nodes = Executors.newVirtualThreadPerTaskExecutor()) {
      Callable<Boolean> node = () -> as(acme, () -> proofs.replace(broken));
      assertThat(nodes.invokeAll(List.of(node, node, node)).stream().filter(Future::resultNow)).hasSize(1);
    }
    assertThat(all()).extracting(BackupView::status).containsExactly(BackupStatus.RUNNING, BackupStatus.COMPLETED);
    RealServices.asAdministrator("update site_backup set status = 'COMPLETED', snapshot = repeat('c', 64), manifest ="
        + " repeat('d', 64), finished_at = now() where status = 'RUNNING' and site_id = '" + site + "'");
    assertThat(as(acme, () -> proofs.replace(broken))).as("there is a newer good one").isFalse();
  }

  @Test
  void anotherTenantsBackupIsNeitherProvenNorReplaced() {
    var broken = backup(1);
    keep(7);
    looked(broken, BackupProof.BROKEN, 9);
    assertThat(as(globex, () -> proofs.replace(broken))).isFalse();
    assertThat(as(globex, () -> proofs.proveIfDue(site, BackupType.FULL, broken))).isFalse();
    assertThat(all()).singleElement().extracting(BackupView::activity).isNull();
  }
}
