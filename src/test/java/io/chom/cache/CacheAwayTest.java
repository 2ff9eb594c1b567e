package io.chom.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.common.Uuid7;
import io.chom.ssh.Eventually;
import io.chom.tenancy.TenantId;
import io.lettuce.core.RedisClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.embedded.RedisServer;

/** Two nodes whose Redis dies, is frozen, and comes back with what it had. */
class CacheAwayTest {
  record Number(long value) {}

  @TempDir
  private Path data;
  private final TenantId acme = new TenantId(Uuid7.next());
  private final AtomicInteger truth = new AtomicInteger(1);
  private final AtomicInteger reads = new AtomicInteger();
  private int port;
  private RedisServer server;
  private CacheNode one;
  private CacheNode two;

  @BeforeEach
  void start() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    startRedis();
    one = new CacheNode(url(), new CacheProperties("redis", 1, "c-", Duration.ofMillis(500)));
    two = new CacheNode(url(), new CacheProperties("redis", 1, "c-", Duration.ofMillis(500)));
    ask(one);
    ask(two);
    ask(one);
  }

  @AfterEach
  void stop() throws IOException {
    one.close();
    two.close();
    server.stop();
  }

  private String url() {
    return "redis://127.0.0.1:" + port;
  }

  private void startRedis() throws IOException {
    server = RedisServer.builder().port(port).setting("bind 127.0.0.1").setting("appendonly yes")
        .setting("appendfsync always").setting("dir " + data).build();
    server.start();
  }

  private long ask(CacheNode node) {
    return node.cache.get(CacheKey.of(CacheName.DASHBOARD_STATS, acme, Number.class), () -> {
      reads.incrementAndGet();
      return new Number(truth.get());
    }).value();
  }

  /** Without what the node remembers by itself. */
  private long askAnew(CacheNode node) {
    node.cache.anything();
    return ask(node);
  }

  @Test
  void whoeverAsksGetsTheTruthAndNothingOldComesBack() throws Exception {
    server.stop();
    assertThat(askAnew(one)).isEqualTo(1);
    truth.set(2);
    one.change(acme, "sites");
    assertThat(ask(one)).isEqualTo(2);
    assertThat(askAnew(two)).isEqualTo(2);
    assertThat(one.redis.away()).isTrue();
    startRedis();
    Eventually.that(() -> !one.redis.away() && !two.redis.away());
    one.redis.read(List.of("x")); // from its first word on
    assertThat(askAnew(two)).isEqualTo(2);
    assertThat(askAnew(one)).isEqualTo(2);
    int before = reads.get();
    askAnew(one);
    assertThat(reads).as("it is remembered again").hasValue(before);
  }

  @Test
  void ofManyWhoAskAFrozenOneEachWaitsOnceAtMostAndWhoComesLaterNotAtAll() throws Exception {
    try (var client = RedisClient.create(url());
        var inside = client.connect();
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      inside.sync().clientPause(8_000);
      Eventually.that(() -> {
        askAnew(one);
        return one.redis.away();
      });
      var all = new ArrayList<Future<Long>>();
      for (int i = 0; i < 200; i++) {
        all.add(threads.submit(() -> askAnew(one)));
      }
      for (var each : all) {
        assertThat(each.get()).isEqualTo(1);
      }
      assertThat(one.redis.away()).as("nobody of them waited for it").isTrue();
    }
    Eventually.that(() -> !one.redis.away());
    askAnew(one);
    int before = reads.get();
    askAnew(one);
    assertThat(reads).hasValue(before);
  }
}
