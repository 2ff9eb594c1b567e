package io.chom.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.cache.TenantCache;
import io.chom.ssh.Eventually;
import io.chom.testing.Browser;
import io.chom.testing.ChomTest;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;

/** The overview of two tenants in the cache's own database of Redis. */
@ChomTest
class OverviewCacheTests {
  @LocalServerPort
  int port;
  @Autowired
  TenantCache cache;
  @Autowired
  MeterRegistry meters;
  final Tenants acme = Tenants.acme();
  final Tenants globex = Tenants.globex();

  private static <T> T redis(int database, Function<RedisCommands<String, String>, T> work) {
    try (var client = RedisClient.create(RealServices.redisUrl() + "/" + database); var inside = client.connect()) {
      return work.apply(inside.sync());
    }
  }

  private static List<String> keys(int database, String pattern) {
    return redis(database, inside -> inside.keys(pattern));
  }

  private static boolean remembered(Tenants tenant, String what) {
    return redis(1, inside -> inside.exists("chom-cache-tenant:" + tenant.id() + ":" + what)) == 1;
  }

  @Test
  void isRememberedForAllNodesUnderEachTenantsName() {
    assertThat(Browser.of(acme.admin(), port).get("/").status()).isEqualTo(200);
    assertThat(remembered(acme, "dashboard:stats")).isTrue();
    assertThat(remembered(acme, "dashboard:recent_sites")).isTrue();
    assertThat(remembered(acme, "tier_limits")).isTrue();
    assertThat(remembered(acme, "dashboard:running")).as("payloads stay on the node").isFalse();
    assertThat(remembered(globex, "dashboard:stats")).isFalse();
    assertThat(keys(0, "chom-cache-*")).isEmpty();
    assertThat(keys(1, "chom:*")).as("sessions and the queue").isEmpty();
  }

  @Test
  void aChangeIsSeenAtOnceByItsTenantAndTakesNothingFromAnother() {
    acme.sharedServer();
    var ours = Browser.of(acme.admin(), port);
    assertThat(ours.get("/").status()).isEqualTo(200);
    assertThat(Browser.of(globex.admin(), port).get("/").status()).isEqualTo(200);
    var domain = "c-" + UUID.randomUUID() + ".example";
    assertThat(ours.post("/sites", Map.of("domain", domain, "type", "static")).status()).isEqualTo(302);
    assertThat(ours.get("/").body()).contains(domain);
    assertThat(remembered(globex, "dashboard:stats")).isTrue();
    assertThat(Browser.of(globex.admin(), port).get("/").body()).doesNotContain(domain);
  }

  @Test
  void anotherNodeWouldFindEachPartThere() {
    acme.sharedServer();
    var ours = Browser.of(acme.admin(), port);
    var domain = "n-" + UUID.randomUUID() + ".example";
    assertThat(ours.post("/sites", Map.of("domain", domain, "type", "static")).status()).isEqualTo(302);
    for (String name : List.of("dashboard:stats", "dashboard:recent_sites", "tier_limits", "sites:list",
        "backups:total_size")) {
      Eventually.that(() -> {
        double before = hits(name);
        ours.get("/");
        ours.get("/backups");
        cache.anything();
        assertThat(ours.get("/").body()).contains(domain);
        assertThat(ours.get("/backups").status()).isEqualTo(200);
        return hits(name) > before;
      });
    }
  }

  private double hits(String cacheName) {
    return meters.counter("chom.cache.requests", "cache", cacheName, "result", "hit").count();
  }

  @Test
  void emptyingTheCacheSignsNobodyOutAndLeavesTheQueueAlone() {
    var browser = Browser.of(acme.admin(), port);
    browser.get("/");
    long streams = redis(0, inside -> inside.exists("chom:operations", "chom:live"));
    redis(1, RedisCommands::flushdb);
    assertThat(browser.get("/").status()).isEqualTo(200);
    long after = redis(0, inside -> inside.exists("chom:operations", "chom:live"));
    assertThat(after).isEqualTo(streams);
  }
}
