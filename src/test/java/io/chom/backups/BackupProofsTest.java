package io.chom.backups;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.operations.Lane;
import io.chom.operations.Operations;
import io.chom.sites.CreateSite;
import io.chom.sites.DomainName;
import io.chom.sites.SiteId;
import io.chom.sites.SiteType;
import io.chom.sites.Sites;
import io.chom.tenancy.TenantContext;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;

/** Backups are looked at without anybody asking, and a broken one is not the last. */
@ExtendWith(RealServices.class)
@SpringBootTest(properties = "chom.worker.enabled=false")
class BackupProofsTest {
  private final Tenants acme = Tenants.acme();
  private final Tenants globex = Tenants.globex();
  @Autowired
  Sites sites;
  @Autowired
  Backups backups;
  @Autowired
  BackupSchedules schedules;
  @Autowired
  BackupProofs proofs;
  @Autowired
  Operations operations;
  private SiteId site;

  @BeforeEach
  void acmeHasASiteWithABackup() {
    acme.server();
    globex.server();
    var wanted = new CreateSite(DomainName.parse("k" + Uuid7.next().toString().replace("-", "") + ".example"),
        SiteType.STATIC, null, null, null);
    site = as(acme, () -> sites.create(wanted, Actor.PANEL).site());
    RealServices.asAdministrator("update site set status = 'ACTIVE' where id = '" + site + "'");
  }

  /** One that was taken so many days ago. */
  private BackupId backup(int days) {
    var id = as(acme, () -> backups.create(site, BackupType.FULL, null, Actor.PANEL)).backup();
    RealServices.asAdministrator("update site_backup set status = 'COMPLETED', snapshot = repeat('a', 64),"
        + " manifest = repeat('b', 64), finished_at = now(), added_bytes = 10, created_at = now() - interval '" + days
        + " days' where id = '" + id + "'");
    return id;
  }

  private void keep(int proveDays) {
    as(acme, () -> schedules.create(site, new ScheduleWish(BackupType.FULL, "@daily", "UTC", "", true,
        Duration.ofHours(1), proveDays, ScheduleWish.Keep.USUAL), true, Actor.PANEL));
  }

  private static <T> T as(Tenants tenant, Supplier<T> work) {
    return TenantContext.callAs(tenant.id(), work::get);
  }

  /** Nobody else's workers are to find what was only promised. */
  @AfterEach
  void nothingIsLeftToDo() {
    RealServices
        .asAdministrator("update operation set status = 'CANCELLED', finished_at = now() where finished_at is null"
            + " and tenant_id in ('" + acme.id() + "', '" + globex.id() + "')");
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
