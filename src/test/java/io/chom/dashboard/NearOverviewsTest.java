package io.chom.dashboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.billing.Plan;
import io.chom.common.Uuid7;
import io.chom.operations.Topics;
import io.chom.sites.SiteStats;
import io.chom.sites.SiteTopics;
import io.chom.tenancy.TenantId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A copy that never outlives what it shows. */
class NearOverviewsTest {
  private final NearOverviews near = new NearOverviews();
  private final TenantId acme = new TenantId(Uuid7.next());
  private final TenantId globex = new TenantId(Uuid7.next());
  private final AtomicInteger reads = new AtomicInteger();

  private Overview read() {
    reads.incrementAndGet();
    return new Overview(new SiteStats(reads.get(), 0, 0, 0), new Plan("pro", 1, 1, 1, 1), List.of(), List.of());
  }

  private long sites(TenantId tenant) {
    return near.get(tenant, this::read).stats().totalSites();
  }

  @Test
  void isReadOnceUntilSomethingInItChanges() {
    assertThat(sites(acme)).isEqualTo(1);
    assertThat(sites(acme)).isEqualTo(1);
    near.changed(acme, SiteTopics.ALL);
    assertThat(sites(acme)).isEqualTo(2);
    near.changed(acme, Topics.ALL);
    assertThat(sites(acme)).isEqualTo(3);
    near.changed(acme, "something-else");
    assertThat(sites(acme)).isEqualTo(3);
    near.anything();
    assertThat(sites(acme)).isEqualTo(4);
  }

  @Test
  void isEachTenantsOwn() {
    assertThat(sites(acme)).isEqualTo(1);
    assertThat(sites(globex)).isEqualTo(2);
    near.changed(globex, SiteTopics.ALL);
    assertThat(sites(acme)).isEqualTo(1);
  }

  @Test
  void isNotKeptWhenSomethingChangedWhileItWasRead() {
    near.get(acme, () -> {
      var old = read();
      near.changed(acme, SiteTopics.ALL);
      return old;
    });
    assertThat(sites(acme)).isEqualTo(2);
  }

  @Test
  void whoComesAfterAChangeDoesNotWaitForWhatWasReadBefore() {
    near.get(acme, () -> {
      var old = read();
      near.changed(acme, SiteTopics.ALL);
      assertThat(sites(acme)).isEqualTo(2);
      return old;
    });
  }

  @Test
  void manyAtOnceHaveItReadOnce() throws Exception {
    var begun = new CountDownLatch(1);
    var go = new CountDownLatch(1);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var all = new ArrayList<java.util.concurrent.Future<Long>>();
      Callable<Long> ask = () -> near.get(acme, () -> {
        begun.countDown();
        try {
          go.await();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
        return read();
      }).stats().totalSites();
      for (int i = 0; i < 50; i++) {
        all.add(threads.submit(ask));
      }
      begun.await();
      go.countDown();
      for (var one : all) {
        assertThat(one.get()).isEqualTo(1);
      }
    }
    assertThat(reads).hasValue(1);
  }

  @Test
  void aFaultIsNotKept() {
    assertThatThrownBy(() -> near.get(acme, () -> {
      throw new IllegalStateException("the database is away");
    })).hasMessageContaining("away");
    assertThat(sites(acme)).isEqualTo(1);
  }
}
