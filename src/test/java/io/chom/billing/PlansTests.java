package io.chom.billing;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.tenancy.TenantContext;
import io.chom.testing.ChomTest;
import io.chom.testing.Tenants;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

@ChomTest
class PlansTests {
  private final Plans plans;
  private final JdbcClient jdbc;
  private final TransactionTemplate transaction;

  PlansTests(@Autowired Plans plans, @Autowired JdbcClient jdbc, @Autowired TransactionTemplate transaction) {
    this.plans = plans;
    this.jdbc = jdbc;
    this.transaction = transaction;
  }

  private long sites() {
    return jdbc.sql("select count(*) from site").query(Long.class).single();
  }

  private boolean create(Tenants tenant, UUID server) {
    return TenantContext.<Boolean, RuntimeException>callAs(tenant.id(), () -> {
      try {
        transaction.executeWithoutResult(status -> {
          plans.requireRoomForOneMoreSite(this::sites);
          int uid = jdbc.sql("select nextval('site_uid_seq')").query(Integer.class).single();
          jdbc.sql("""
              insert into site (tenant_id, server_id, domain, type, uid, unix_user, status)
              values (:tenant, :server, :domain, 'static', :uid, :user, 'ACTIVE')
              """).param("tenant", tenant.id().value()).param("server", server).param("domain", "s" + uid + ".example")
              .param("uid", uid).param("user", "s" + uid).update();
        });
        return true;
      } catch (PlanLimitReached e) {
        assertThat(e.limit()).isEqualTo(5);
        return false;
      }
    });
  }

  @Test
  void sixAtOnceFindRoomForFive() throws Exception {
    var starter = Tenants.named("Starter", "starter");
    var server = starter.server();
    var go = new CountDownLatch(1);
    List<Future<Boolean>> asked = new ArrayList<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var i = 0; i < 6; i++) {
        asked.add(threads.submit(() -> {
          go.await();
          return create(starter, server);
        }));
      }
      go.countDown();
      var made = 0;
      for (var one : asked) {
        made += one.get() ? 1 : 0;
      }
      assertThat(made).isEqualTo(5);
    }
    var kept = TenantContext.<Long, RuntimeException>callAs(starter.id(), this::sites);
    assertThat(kept).isEqualTo(5);
  }

  @Test
  void plansAllowWhatTheyPromise() {
    for (var plan : List.of(new Plan("starter", 5, 10, 7, 1_000), new Plan("pro", 25, 100, 30, 10_000),
        new Plan("enterprise", -1, -1, 90, -1))) {
      var tenant = Tenants.named("Plan", plan.tier());
      var current = TenantContext.<Plan, RuntimeException>callAs(tenant.id(), plans::current);
      assertThat(current).isEqualTo(plan);
    }
  }
}
