package io.chom.benchmark;

import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.OperationHandler;
import io.chom.operations.OperationRun;
import io.chom.operations.OperationType;
import io.chom.operations.Operations;
import io.chom.operations.Subject;
import io.chom.tenancy.TenantContext;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.JsonNode;

/**
 * Row Q2: how long an operation waits from the commit that promises it to the first line of its handler, in the whole
 * panel with its worker, on real PostgreSQL and Redis; alone, and under a steady stream of requests. The peer in the same
 * run is the same table looked at once a second by clock, which is what a queue without a bell is: rows that nobody rings
 * for.
 */
@Tag("benchmark")
@ExtendWith(RealServices.class)
@SpringBootTest(properties = {"chom.worker.per-node=64", "chom.worker.per-tenant=1000"})
class QueueBenchmarkIT {
  private static final OperationType WORK = new OperationType("benchmark.nothing");
  private static final int SECONDS = Integer.getInteger("chom.benchmark.seconds", 10);
  private static final int RATE = Integer.getInteger("chom.benchmark.rate", 400);
  private static final int ROUNDS = Integer.getInteger("chom.benchmark.rounds", 3);
  private static final int TENANTS = 8;

  /** Notes when it is called, and does nothing. */
  static class Noting implements OperationHandler {
    final Map<UUID, Long> started = new ConcurrentHashMap<>();
    volatile CountDownLatch left = new CountDownLatch(0);

    @Override
    public OperationType type() {
      return WORK;
    }

    @Override
    public Map<String, Object> carryOut(OperationRun run) {
      started.put(run.operation().subject().id(), System.nanoTime());
      left.countDown();
      return Map.of();
    }

    @Override
    public void whenSucceeded(Operation operation, JsonNode result) {}

    @Override
    public void whenFailed(Operation operation, String code, String message) {}
  }

  @TestConfiguration
  static class Handler {
    @Bean
    Noting noting() {
      return new Noting();
    }
  }

  @Autowired
  Operations operations;
  @Autowired
  TransactionTemplate transaction;
  @Autowired
  Noting noting;

  private final List<Tenants> tenants = IntStream.range(0, TENANTS).mapToObj(i -> Tenants.named("T" + i, "enterprise"))
      .toList();
  private final StringBuilder table = new StringBuilder();

  @Test
  void measures() throws Exception {
    var load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    stream(100, 2); // warm-up
    var alone = new ArrayList<Double>();
    var busy = new ArrayList<Double>();
    var polled = new ArrayList<Double>();
    for (int round = 0; round < ROUNDS; round++) {
      alone.addAll(stream(20, SECONDS / 2));
      busy.addAll(stream(RATE, SECONDS));
      polled.addAll(unrung(10));
    }
    table.append(String.format(Locale.ROOT,
        "%n%d processors, Java %s, %d rounds of %d s, load %.1f before and %.1f after.%n%n",
        Runtime.getRuntime().availableProcessors(), Runtime.version(), ROUNDS, SECONDS, load,
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage()));
    table.append(
        "| row | commit to the start of the handler, ms | p50 | p95 | p99 | goal | |\n|---|---|---|---|---|---|---|\n");
    row("20 a second", alone, 1, 20);
    row(RATE + " a second", busy, 1, 20);
    row("peer: the table looked at every second, no bell", polled, Double.NaN, Double.NaN);
    System.out.println(table);
    Files.writeString(Path.of("target", "queue.md"), table);
  }

  private void row(String what, List<Double> all, double goal50, double goal99) {
    var sorted = all.stream().sorted().toList();
    double p50 = at(sorted, 0.50);
    double p99 = at(sorted, 0.99);
    var verdict = Double.isNaN(goal50) ? "" : p50 <= goal50 && p99 <= goal99 ? "met" : "missed";
    var goal = Double.isNaN(goal50) ? "" : String.format(Locale.ROOT, "≤ %.0f / %.0f", goal50, goal99);
    table.append(String.format(Locale.ROOT, "| Q2 | %s (%d) | %.2f | %.2f | %.2f | %s | %s |%n", what, sorted.size(),
        p50, at(sorted, 0.95), p99, goal, verdict));
  }

  private static double at(List<Double> sorted, double share) {
    return sorted.get(Math.min(sorted.size() - 1, (int) (sorted.size() * share)));
  }

  /** Asks for so many a second, whether or not the earlier ones are done, and answers how long each waited. */
  private List<Double> stream(int rate, int seconds) throws Exception {
    int count = rate * seconds;
    var committed = new ConcurrentHashMap<UUID, Long>();
    noting.left = new CountDownLatch(count);
    long begin = System.nanoTime();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < count; i++) {
        long due = begin + i * TimeUnit.SECONDS.toNanos(1) / rate;
        LockSupport.parkNanos(due - System.nanoTime());
        var tenant = tenants.get(i % TENANTS);
        threads.submit(() -> committed.putAll(request(tenant)));
      }
    }
    return waited(committed);
  }

  private Map<UUID, Long> request(Tenants tenant) {
    var subject = Uuid7.next();
    TenantContext.runAs(tenant.id(), () -> transaction.executeWithoutResult(status -> operations.request(NewOperation
        .interactive(WORK, new Subject("site", subject, "x.example"), null, Map.of()), Actor.PANEL)));
    return Map.of(subject, System.nanoTime());
  }

  /** Rows that appear without a bell, one after the other. */
  private List<Double> unrung(int count) throws Exception {
    var committed = new ConcurrentHashMap<UUID, Long>();
    noting.left = new CountDownLatch(count);
    for (int i = 0; i < count; i++) {
      var subject = Uuid7.next();
      RealServices.asAdministrator("insert into operation (tenant_id, type, subject_kind, subject_id, subject_label,"
          + " requested_label) values ('" + tenants.getFirst().id() + "', '" + WORK + "', 'site', '" + subject
          + "', 'x.example', 'test')");
      committed.put(subject, System.nanoTime());
      // at no fixed distance from the looks
      TimeUnit.MILLISECONDS.sleep(137 + 61L * i % 400);
    }
    return waited(committed);
  }

  private List<Double> waited(Map<UUID, Long> committed) throws Exception {
    if (!noting.left.await(Duration.ofMinutes(5).toSeconds(), TimeUnit.SECONDS)) {
      throw new IllegalStateException(noting.left.getCount() + " were never started");
    }
    // a handler may start before its requester is scheduled again
    var waited = committed.entrySet().stream()
        .map(one -> Math.max(0, noting.started.get(one.getKey()) - one.getValue()) / 1e6).toList();
    noting.started.clear();
    return waited;
  }
}
