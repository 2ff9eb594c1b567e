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
import io.chom.queue.Bell;
import io.chom.queue.BellRinging;
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
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.JsonNode;

/**
 * Row Q2, on real PostgreSQL and Redis: how long the queue itself takes, from a ring to the worker that was asleep, and
 * how long an operation waits in the whole panel from the commit that promises it until its handler is called and until
 * it may write the request to its agent; alone, and under a steady stream of requests. The peer in the same run is the
 * same table looked at once a second by clock, which is what a queue without a bell is: rows that nobody rings for.
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

  /** Milliseconds that operations waited. */
  private static final class Waits {
    final List<Double> toHandler = new ArrayList<>();
    final List<Double> toRequest = new ArrayList<>();

    void add(Waits more) {
      toHandler.addAll(more.toHandler);
      toRequest.addAll(more.toRequest);
    }
  }

  /** Notes when it is called and when it may ask, and asks nothing. */
  static class Noting implements OperationHandler {
    final Map<UUID, Long> started = new ConcurrentHashMap<>();
    final Map<UUID, Long> sent = new ConcurrentHashMap<>();
    volatile CountDownLatch left = new CountDownLatch(0);

    @Override
    public OperationType type() {
      return WORK;
    }

    @Override
    public Map<String, Object> carryOut(OperationRun run) {
      var subject = run.operation().subject().id();
      started.put(subject, System.nanoTime());
      // what stands between a handler and the line to its agent
      run.sending();
      sent.put(subject, System.nanoTime());
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
  @Autowired
  Bell bell;
  @Autowired
  BellRinging ringing;

  private final List<Tenants> tenants = IntStream.range(0, TENANTS).mapToObj(i -> Tenants.named("T" + i, "enterprise"))
      .toList();
  private final StringBuilder table = new StringBuilder();

  @Test
  void measures() throws Exception {
    var load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    stream(100, 2); // warm-up
    rings(RATE, 2);
    var rung = new ArrayList<Double>();
    var alone = new Waits();
    var busy = new Waits();
    var polled = new Waits();
    for (int round = 0; round < ROUNDS; round++) {
      rung.addAll(rings(RATE, SECONDS / 2));
      alone.add(stream(20, SECONDS / 2));
      busy.add(stream(RATE, SECONDS));
      polled.add(unrung(10));
    }
    table.append(String.format(Locale.ROOT,
        "%n%d processors, Java %s, %d rounds of %d s, load %.1f before and %.1f after.%n%n",
        Runtime.getRuntime().availableProcessors(), Runtime.version(), ROUNDS, SECONDS, load,
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage()));
    table.append(
        "| row | ms | p50 | p95 | p99 | goal | |\n|---|---|---|---|---|---|---|\n");
    row("ring to the worker that slept, " + RATE + " a second", rung, 1, 20);
    row("commit to the agent request, 20 a second", alone.toRequest, 5, 50);
    row("commit to the agent request, " + RATE + " a second", busy.toRequest, 5, 50);
    row("commit to the handler, 20 a second", alone.toHandler, Double.NaN, Double.NaN);
    row("commit to the handler, " + RATE + " a second", busy.toHandler, Double.NaN, Double.NaN);
    row("peer: the table looked at every second, no bell, commit to the handler", polled.toHandler, Double.NaN,
        Double.NaN);
    System.out.println(table);
    Files.writeString(Path.of("target", "queue.md"), table);
  }

  private void row(String what, List<Double> all, double goal50, double goal99) {
    var sorted = all.stream().sorted().toList();
    double p50 = at(sorted, 0.50);
    double p99 = at(sorted, 0.99);
    var verdict = Double.isNaN(goal50) ? "" : p50 <= goal50 && p99 <= goal99 ? "met" : "missed";
    var goal = Double.isNaN(goal50) ? "–" : String.format(Locale.ROOT, "≤ %.0f / %.0f", goal50, goal99);
    table.append(String.format(Locale.ROOT, "| Q2 | %s (%d) | %.2f | %.2f | %.2f | %s | %s |%n", what, sorted.size(),
        p50, at(sorted, 0.95), p99, goal, verdict));
  }

  private static double at(List<Double> sorted, double share) {
    return sorted.get(Math.min(sorted.size() - 1, (int) (sorted.size() * share)));
  }

  /** Asks for so many a second, whether or not the earlier ones are done, and answers how long each waited. */
  private Waits stream(int rate, int seconds) throws Exception {
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

  /** Rings so often, each time for somebody who sleeps, and answers how long each ring took. */
  private List<Double> rings(int rate, int seconds) throws Exception {
    var stream = "benchmark:bell:" + Uuid7.next();
    var heard = new SynchronousQueue<Long>();
    var awake = new AtomicBoolean(true);
    ringing.await(stream, "group", "sleeper", Duration.ofMillis(10));
    var sleeper = Thread.ofVirtual().start(() -> {
      while (awake.get()) {
        if (ringing.await(stream, "group", "sleeper", Duration.ofMillis(500)) == BellRinging.Ring.RANG) {
          try {
            heard.put(System.nanoTime());
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        }
      }
    });
    var waits = new ArrayList<Double>();
    long begin = System.nanoTime();
    for (int i = 0; i < rate * seconds; i++) {
      LockSupport.parkNanos(begin + i * TimeUnit.SECONDS.toNanos(1) / rate - System.nanoTime());
      var rung = new AtomicLong();
      transaction.executeWithoutResult(status -> {
        bell.ringAfterCommit(stream, "x");
        TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
          @Override
          public void beforeCompletion() {
            rung.set(System.nanoTime());
          }
        });
      });
      var at = heard.poll(5, TimeUnit.SECONDS);
      if (at != null) {
        waits.add((at - rung.get()) / 1e6);
      }
    }
    awake.set(false);
    heard.poll();
    sleeper.join();
    return waits;
  }

  /** Rows that appear without a bell, one after the other. */
  private Waits unrung(int count) throws Exception {
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

  private Waits waited(Map<UUID, Long> committed) throws Exception {
    if (!noting.left.await(Duration.ofMinutes(5).toSeconds(), TimeUnit.SECONDS)) {
      throw new IllegalStateException(noting.left.getCount() + " were never started");
    }
    var waits = new Waits();
    // a handler may start before its requester is scheduled again
    committed.forEach((subject, at) -> {
      waits.toHandler.add(Math.max(0, noting.started.get(subject) - at) / 1e6);
      waits.toRequest.add(Math.max(0, noting.sent.get(subject) - at) / 1e6);
    });
    noting.started.clear();
    noting.sent.clear();
    return waits;
  }
}
