package io.chom.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.ChomApplication;
import io.chom.common.Uuid7;
import io.chom.live.LiveEvents;
import io.chom.tenancy.TenantId;
import io.chom.testing.RealServices;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Rows Q1 and Q5: what it costs to read and write 10 KB in Redis, by name and through all of the cache, on the node
 * itself, and in a table of PostgreSQL in the same run, by turns; and how long after a change on one panel another no
 * longer shows what was before.
 */
@Tag("benchmark")
@ExtendWith(RealServices.class)
class CacheBenchmarkIT {
  private static final int TIMES = Integer.getInteger("chom.benchmark.times", 2_000);
  private static final int ROUNDS = Integer.getInteger("chom.benchmark.rounds", 3);
  private static final int CHANGES = 300;

  record Text(String text) {}

  record Number(long value) {}

  /** Something that is measured. */
  private interface Step {
    void run() throws Exception;
  }

  private final TenantId acme = new TenantId(Uuid7.next());
  private final Map<String, List<Double>> micros = new LinkedHashMap<>();

  private void measure(String name, Step step) throws Exception {
    var taken = micros.computeIfAbsent(name, _ -> new ArrayList<>());
    for (int i = 0; i < TIMES; i++) {
      long begun = System.nanoTime();
      step.run();
      taken.add((System.nanoTime() - begun) / 1_000.0);
    }
  }

  private static double at(List<Double> sorted, double share) {
    return sorted.get((int) Math.min(sorted.size() - 1, Math.floor(sorted.size() * share)));
  }

  @Test
  void readsAndWritesTenKilobytes() throws Exception {
    var text = "x".repeat(10_000);
    var key = new CacheKey<>(CacheName.SITES_LIST, acme, "benchmark", Text.class);
    try (var node = new CacheNode(RealServices.redisUrl(), "bench-" + Uuid7.next() + "-");
        var table = RealServices.asAdministrator()) {
      try (var statement = table.createStatement()) {
        statement.execute("create table if not exists bench_cache (k text primary key, v text, until timestamptz)");
      }
      for (int round = 0; round <= ROUNDS; round++) {
        if (round == 1) {
          // the first was for the compiler
          micros.clear();
        }
        measure("write, Redis", () -> node.redis.write("bench", text, Duration.ofSeconds(60)));
        measure("read, Redis", () -> assertThat(node.redis.read(List.of("bench")).orElseThrow()).hasSize(1));
        measure("write, a table of PostgreSQL", () -> write(table, text));
        measure("read, a table of PostgreSQL", () -> read(table));
        node.cache.get(key, () -> new Text(text));
        measure("the cache, from Redis", () -> {
          node.cache.anything();
          node.cache.get(key, () -> new Text(text));
        });
        measure("the cache, from this node", () -> node.cache.get(key, () -> new Text(text)));
      }
    }
    print("target/cache.md");
  }

  private static void write(Connection table, String text) throws Exception {
    try (var statement = table.prepareStatement("insert into bench_cache values ('bench', ?, now() + interval '60 s')"
        + " on conflict (k) do update set v = excluded.v, until = excluded.until")) {
      statement.setString(1, text);
      statement.executeUpdate();
    }
  }

  private static void read(Connection table) throws Exception {
    try (var statement = table.prepareStatement("select v from bench_cache where k = 'bench' and until > now()");
        var rows = statement.executeQuery()) {
      assertThat(rows.next()).isTrue();
    }
  }

  @Test
  void aChangeReachesAnotherPanel() throws Exception {
    try (var one = panel(); var two = panel()) {
      var changes = new AtomicLong();
      var cache = two.getBean(TenantCache.class);
      var live = one.getBean(LiveEvents.class);
      var key = CacheKey.of(CacheName.DASHBOARD_STATS, acme, Number.class);
      var taken = micros.computeIfAbsent("a change on one panel is seen on another", _ -> new ArrayList<>());
      for (int i = 0; i < CHANGES; i++) {
        cache.get(key, () -> new Number(changes.get()));
        long now = changes.incrementAndGet();
        long begun = System.nanoTime();
        live.changed(acme, "sites");
        while (cache.get(key, () -> new Number(changes.get())).value() != now) {
          Thread.onSpinWait();
        }
        taken.add((System.nanoTime() - begun) / 1_000.0);
      }
    }
    print("target/cache-invalidation.md");
  }

  private static ConfigurableApplicationContext panel() {
    return new SpringApplicationBuilder(ChomApplication.class).run("--server.port=0", "--chom.worker.enabled=false");
  }

  private void print(String file) throws Exception {
    var lines = new StringBuilder("| µs | p50 | p95 | p99 |\n|---|---|---|---|\n");
    micros.forEach((name, taken) -> {
      Collections.sort(taken);
      lines.append(String.format(Locale.ROOT, "| %s | %.1f | %.1f | %.1f |%n", name, at(taken, 0.5), at(taken, 0.95),
          at(taken, 0.99)));
    });
    System.out.println(lines);
    Files.writeString(Path.of(file), lines);
  }
}
