package io.chom.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.common.Uuid7;
import io.chom.tenancy.TenantId;
import io.chom.testing.RealServices;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** Two nodes that remember together in a real Redis, for two tenants. */
@ExtendWith(RealServices.class)
class TenantCacheTest {
  record Number(long value) {}

  record Words(long value, List<String> words) {}

  private static RedisClient client;
  private static StatefulRedisConnection<String, String> inside;

  private final TenantId acme = new TenantId(Uuid7.next());
  private final TenantId globex = new TenantId(Uuid7.next());
  private final String prefix = "test-" + Uuid7.next() + "-";
  private final AtomicInteger reads = new AtomicInteger();
  private CacheNode one;
  private CacheNode two;

  @BeforeAll
  static void connect() {
    client = RedisClient.create(RealServices.redisUrl() + "/1");
    inside = client.connect();
  }

  @AfterAll
  static void disconnect() {
    client.shutdown();
  }

  @BeforeEach
  void start() {
    one = new CacheNode(RealServices.redisUrl(), prefix);
    two = new CacheNode(RealServices.redisUrl(), prefix);
    // a node that starts makes all old: both have, from here on
    one.redis.read(List.of("x"));
    two.redis.read(List.of("x"));
  }

  @AfterEach
  void stop() {
    one.close();
    two.close();
  }

  private static CacheKey<Number> stats(TenantId tenant) {
    return CacheKey.of(CacheName.DASHBOARD_STATS, tenant, Number.class);
  }

  private long ask(CacheNode node, TenantId tenant) {
    return node.cache.get(stats(tenant), () -> new Number(reads.incrementAndGet())).value();
  }

  @Test
  void isReadOnceByAllNodesUntilSomethingInItChanges() {
    assertThat(ask(one, acme)).isEqualTo(1);
    assertThat(ask(two, acme)).isEqualTo(1);
    assertThat(ask(two, acme)).isEqualTo(1);
    assertThat(two.counted(CacheName.DASHBOARD_STATS, "hit")).isEqualTo(1);
    assertThat(two.counted(CacheName.DASHBOARD_STATS, "near")).isEqualTo(1);
    one.change(acme, "sites");
    two.cache.changed(acme, "sites");
    assertThat(ask(two, acme)).isEqualTo(2);
    assertThat(ask(one, acme)).isEqualTo(2);
    one.change(acme, "something-else");
    assertThat(ask(one, acme)).isEqualTo(2);
  }

  @Test
  void isEachTenantsOwn() {
    assertThat(ask(one, acme)).isEqualTo(1);
    assertThat(ask(two, globex)).isEqualTo(2);
    one.change(globex, "sites");
    assertThat(ask(two, acme)).isEqualTo(1);
    assertThat(ask(one, globex)).isEqualTo(3);
  }

  @Test
  void standsInRedisUnderItsNameForItsTimeAtMost() {
    ask(one, acme);
    var key = prefix + "tenant:" + acme + ":dashboard:stats";
    assertThat(inside.sync().get(key)).startsWith("{").contains("\"value\":1");
    assertThat(inside.sync().pttl(key)).isBetween(1L, 60_000L);
  }

  @Test
  void whatWasReadBeforeAChangeIsNeverFoundAfterIt() {
    one.cache.get(stats(acme), () -> {
      var old = new Number(reads.incrementAndGet());
      two.change(acme, "sites");
      return old;
    });
    one.cache.changed(acme, "sites");
    assertThat(ask(two, acme)).isEqualTo(2);
    assertThat(ask(one, acme)).isEqualTo(2);
  }

  @Test
  void whoComesAfterAChangeDoesNotWaitForWhatWasReadBefore() {
    one.cache.get(stats(acme), () -> {
      var old = new Number(reads.incrementAndGet());
      one.change(acme, "sites");
      assertThat(ask(one, acme)).isEqualTo(2);
      assertThat(ask(two, acme)).isEqualTo(2);
      return old;
    });
    assertThat(ask(one, acme)).isEqualTo(2);
  }

  @Test
  void untilRedisKnowsOfAChangeItIsNotBelievedHere() {
    ask(one, acme);
    one.cache.changedHere(acme, "sites");
    assertThat(ask(one, acme)).isEqualTo(2);
    one.cache.tell(acme, "sites");
    one.cache.anything();
    assertThat(ask(one, acme)).isEqualTo(3);
    one.cache.anything();
    assertThat(ask(one, acme)).isEqualTo(3);
  }

  @Test
  void twoHundredAtOnceOnTwoNodesReadOnce() throws Exception {
    var go = new CountDownLatch(1);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var all = new ArrayList<Future<Long>>();
      for (int i = 0; i < 200; i++) {
        var node = i % 2 == 0 ? one : two;
        all.add(threads.submit(() -> {
          go.await();
          return node.cache.get(stats(acme), () -> {
            pause();
            return new Number(reads.incrementAndGet());
          }).value();
        }));
      }
      go.countDown();
      for (var each : all) {
        assertThat(each.get()).isEqualTo(1);
      }
    }
    assertThat(reads).hasValue(1);
  }

  // as long as a statement takes that everybody waits for
  private static void pause() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void onlyWhatIsMissingIsReadAndWhatCannotBeHadIsNotRemembered() {
    var list = CacheKey.of(CacheName.SITES_LIST, acme, Words.class);
    var size = CacheKey.of(CacheName.BACKUP_SIZE, acme, Number.class);
    ask(two, acme);
    var asked = new ArrayList<CacheKey<?>>();
    var values = one.cache.all(List.of(stats(acme), list, size), missing -> {
      asked.addAll(missing);
      return new CacheValues().with(list, new Words(7, List.of("shop.example")));
    });
    assertThat(asked).containsExactly(list, size);
    assertThat(values.get(stats(acme)).value()).isEqualTo(1);
    assertThat(values.get(list).words()).containsExactly("shop.example");
    assertThat(values.find(size)).isNull();
    assertThat(one.cache.get(size, () -> new Number(9)).value()).isEqualTo(9);
  }

  @Test
  void anotherShapeAndWhatIsNoValueAreAsGoodAsNotThere() {
    ask(one, acme);
    var other = CacheKey.of(CacheName.DASHBOARD_STATS, acme, Words.class);
    assertThat(two.cache.get(other, () -> new Words(5, List.of())).value()).isEqualTo(5);
    two.cache.anything();
    inside.sync().set(prefix + "tenant:" + acme + ":dashboard:stats", "not json");
    assertThat(two.cache.get(other, () -> new Words(6, List.of())).value()).isEqualTo(6);
  }

  @Test
  void anEmptiedRedisBringsNothingOldBack() {
    ask(one, acme);
    inside.sync().del(prefix + "epoch", prefix + "tenant:" + acme + ":dashboard:stats:stamp");
    assertThat(ask(two, acme)).isEqualTo(2);
  }

  @Test
  void aNodeThatStartsBelievesNothingFromBefore() {
    ask(one, acme);
    try (var late = new CacheNode(RealServices.redisUrl(), prefix)) {
      assertThat(ask(late, acme)).isEqualTo(2);
    }
  }

  @Test
  void insideAChangeEverythingIsReadAtItsSource() {
    ask(one, acme);
    TransactionSynchronizationManager.setActualTransactionActive(true);
    try {
      assertThat(ask(one, acme)).isEqualTo(2);
    } finally {
      TransactionSynchronizationManager.setActualTransactionActive(false);
    }
    assertThat(ask(one, acme)).as("and not remembered: it may be rolled back").isEqualTo(1);
    assertThat(one.counted(CacheName.DASHBOARD_STATS, "bypass")).isEqualTo(1);
  }

  @Test
  void aFaultIsNotRemembered() {
    assertThatThrownBy(() -> one.cache.get(stats(acme), () -> {
      throw new IllegalStateException("the database is away");
    })).hasMessageContaining("away");
    assertThat(ask(one, acme)).isEqualTo(1);
  }

  static Stream<Arguments> everyDependency() {
    return Stream.of(CacheName.values())
        .flatMap(cache -> cache.topics().stream().map(topic -> Arguments.of(cache, topic)));
  }

  @ParameterizedTest
  @MethodSource("everyDependency")
  void everyCacheIsReadAnewAfterEachChangeItDependsOn(CacheName cache, String topic) {
    var key = CacheKey.of(cache, acme, Number.class);
    assertThat(one.cache.get(key, () -> new Number(1)).value()).isEqualTo(1);
    one.change(acme, topic);
    assertThat(inside.sync().exists(prefix + key.text())).isZero();
    assertThat(one.cache.get(key, () -> new Number(2)).value()).isEqualTo(2);
  }
}
