package io.chom.backups;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.operations.Operations;
import io.chom.sites.CreateSite;
import io.chom.sites.DomainName;
import io.chom.sites.SiteId;
import io.chom.sites.SiteNotFound;
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

/** Backups whose time is over go, each once, as operations; those that must stay do. */
@ExtendWith(RealServices.class)
@SpringBootTest(properties = "chom.worker.enabled=false")
class BackupRetentionTest {
  private static final ScheduleWish.Keep TWO_DAYS = new ScheduleWish.Keep(0, 2, 0, 0, 0, null, null);

  private final Tenants acme = Tenants.acme();
  private final Tenants globex = Tenants.globex();
  @Autowired
  Sites sites;
  @Autowired
  Backups backups;
  @Autowired
  BackupSchedules schedules;
  @Autowired
  BackupRetention retention;
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

  private void keep(ScheduleWish.Keep keep) {
    as(acme, () -> schedules.create(site, new ScheduleWish(BackupType.FULL, "@daily", "UTC", "", true,
        Duration.ofHours(1), 0, keep), true, Actor.PANEL));
  }

  private int apply() {
    return as(acme, () -> retention.apply(site, BackupType.FULL));
  }

  private List<BackupId> going() {
    return as(acme, () -> backups.page(BackupFilter.of(site, 50))).stream()
        .filter(one -> one.activity() == BackupActivity.REMOVING).map(BackupView::id).toList();
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

  @Test
  void whatIsNoLongerKeptGoesAsAnOperationOfThePanel() {
    var old = backup(3);
    var yesterday = backup(1);
    var today = backup(0);
    keep(TWO_DAYS);
    assertThat(apply()).isEqualTo(1);
    assertThat(going()).containsExactly(old);
    assertThat(as(acme, () -> operations.page(null, site.value(), null, 1)).getFirst()).satisfies(operation -> {
      assertThat(operation.type().value()).isEqualTo("backup.delete");
      assertThat(operation.requestedLabel()).isEqualTo(Actor.PANEL.label());
    });
    assertThat(apply()).as("asked again").isZero();
    assertThat(as(acme, () -> retention.preview(site, BackupType.FULL, TWO_DAYS, "UTC")))
        .extracting(BackupRetention.Fate::backup).containsExactly(today, yesterday);
  }

  @Test
  void nodesThatLookTogetherRemoveEachOnce() throws Exception {
    backup(9);
    backup(8);
    backup(0);
    keep(new ScheduleWish.Keep(1, 0, 0, 0, 0, null, null));
    try (var nodes = Executors.newVirtualThreadPerTaskExecutor()) {
      Callable<Integer> node = this::apply;
      assertThat(nodes.invokeAll(List.of(node, node, node)).stream().mapToInt(Future::resultNow).sum()).isEqualTo(2);
    }
    assertThat(going()).hasSize(2);
  }

  @Test
  void aPinnedBackupStaysUntilItIsReleased() {
    var old = backup(9);
    backup(0);
    keep(new ScheduleWish.Keep(1, 0, 0, 0, 0, null, null));
    as(acme, () -> {
      retention.pin(site, old, true, Actor.PANEL);
      return null;
    });
    assertThat(apply()).isZero();
    assertThatThrownBy(() -> as(globex, () -> {
      retention.pin(site, old, false, Actor.PANEL);
      return null;
    })).isInstanceOf(BackupNotFound.class);
    as(acme, () -> {
      retention.pin(site, old, false, Actor.PANEL);
      return null;
    });
    assertThat(apply()).isEqualTo(1);
  }

  @Test
  void aBackupThatWasPinnedMeanwhileDoesNotGoAndOneThatGoesIsNotPinned() {
    var pinned = backup(9);
    as(acme, () -> {
      retention.pin(site, pinned, true, Actor.PANEL);
      return null;
    });
    assertThatThrownBy(() -> as(acme, () -> {
      backups.expire(site, pinned);
      return null;
    })).isInstanceOf(BackupRefused.class);
    var going = backup(8);
    as(acme, () -> {
      backups.expire(site, going);
      return null;
    });
    assertThatThrownBy(() -> as(acme, () -> {
      retention.pin(site, going, true, Actor.PANEL);
      return null;
    })).isInstanceOf(BackupRefused.class);
    assertThat(going()).containsExactly(going);
  }

  @Test
  void withoutAScheduleThePlanAloneSaysAndTheNewestStays() {
    var newest = backup(400);
    var older = backup(401);
    RealServices.asAdministrator("update tenant set tier = 'starter' where id = '" + acme.id() + "'");
    assertThat(apply()).isEqualTo(1);
    assertThat(going()).containsExactly(older).doesNotContain(newest);
  }

  @Test
  void anotherTenantSeesNothingOfIt() {
    backup(3);
    assertThatThrownBy(() -> as(globex, () -> retention.preview(site, BackupType.FULL, TWO_DAYS, "UTC")))
        .isInstanceOf(SiteNotFound.class);
    assertThat(as(globex, () -> retention.apply(site, BackupType.FULL))).isZero();
  }
}
