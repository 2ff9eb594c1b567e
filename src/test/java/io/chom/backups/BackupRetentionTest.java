package io.chom.backups;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.common.Actor;
import io.chom.sites.SiteNotFound;
import io.chom.testing.RealServices;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

/** Backups whose time is over go, each once, as operations; those that must stay do. */
class BackupRetentionTest extends SiteWithBackups {
  private static final ScheduleWish.Keep TWO_DAYS = new ScheduleWish.Keep(0, 2, 0, 0, 0, null, null);

  @Autowired
  BackupRetention retention;

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
