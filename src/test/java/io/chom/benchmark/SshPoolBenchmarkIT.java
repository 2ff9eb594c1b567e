package io.chom.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.ssh.Eventually;
import io.chom.ssh.LineChannel;
import io.chom.ssh.LineChannelEnd;
import io.chom.ssh.OpenSshServer;
import io.chom.ssh.SshCredential;
import io.chom.ssh.SshException;
import io.chom.ssh.SshKeyPair;
import io.chom.ssh.SshKeys;
import io.chom.ssh.SshPool;
import io.chom.ssh.SshTarget;
import io.chom.ssh.TcpProxy;
import io.chom.ssh.TestPools;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Rows R6, R7 and R11: sessions refused at full load, dead peers, and what an idle connection costs, on Debian's sshd,
 * which has processes of its own. Needs root, for sshd.
 */
@Tag("benchmark")
class SshPoolBenchmarkIT {
  private static final int EXECS = Integer.getInteger("chom.benchmark.execs", 10_000);
  private static final int SERVERS = Integer.getInteger("chom.benchmark.servers", 250);
  private static final double MB = 1024 * 1024;
  private static final int ROUNDS = 3;
  private static final Duration KEEP_ALIVE = Duration.ofSeconds(5);
  private static final SshKeyPair KEY = SshKeys.generate("benchmark");

  @TempDir
  static Path dir;

  private final List<String> table = new ArrayList<>();

  @Test
  void measures() throws Exception {
    var load = loadAverage();
    try (var server = new OpenSshServer(dir, KEY)) {
      neverRefused(server);
      deadPeers(server);
      idleConnections(server);
    }
    print(load);
  }

  /** R6 */
  private void neverRefused(OpenSshServer server) throws Exception {
    var pool = TestPools.pool(Map.of());
    var failures = new ConcurrentLinkedQueue<Throwable>();
    try (var callers = Executors.newFixedThreadPool(30)) {
      IntStream.range(0, EXECS).forEach(i -> callers.submit(() -> {
        try {
          pool.exec(server.target(KEY), "true");
        } catch (RuntimeException e) {
          failures.add(e);
        }
      }));
    }
    assertThat(failures).isEmpty();
    var refused = server.log().lines().filter(line -> line.contains("no more sessions")).count();
    row("R6", "sessions refused in " + EXECS + " execs of 30 callers, MaxSessions 10", refused, 0,
        pool.stats().open() + " connections");
    TestPools.close(pool);
  }

  /** R7 */
  private void deadPeers(OpenSshServer server) throws Exception {
    var silent = new ArrayList<Double>();
    var stuck = new ArrayList<Double>();
    for (var round = 0; round < ROUNDS; round++) {
      var both = List.of(CompletableFuture.supplyAsync(() -> noticed(server, 0), SshPoolBenchmarkIT::start),
          CompletableFuture.supplyAsync(() -> noticed(server, 9), SshPoolBenchmarkIT::start));
      silent.add(both.getFirst().join());
      stuck.add(both.getLast().join());
    }
    var goal = KEEP_ALIVE.toSeconds() * 4 + 1;
    row("R7", "dead peer noticed, keep-alive 5 s, worst of " + ROUNDS + ", s", worst(silent), goal, "");
    row("R7", "the same with nine stuck writers, all freed, s", worst(stuck), goal, "");
  }

  private static void start(Runnable work) {
    Thread.ofVirtual().start(work);
  }

  private static double worst(List<Double> seconds) {
    return seconds.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
  }

  /** Seconds from the wire's death until the last who waited was told. */
  private static double noticed(OpenSshServer server, int writers) {
    var pool = TestPools.pool(Map.of("keep-alive", KEEP_ALIVE.toSeconds() + "s"));
    try (var wire = new TcpProxy(server.port())) {
      var target = server.target(KEY, wire.port());
      var ready = IntStream.range(0, writers)
          .mapToObj(i -> pool.openLines(target, "cat > /dev/null", new Silent(), null))
          .toList();
      var started = dir.resolve("started-" + wire.port());
      var waiting = new ArrayList<CompletableFuture<Void>>();
      if (writers == 0) {
        waiting.add(CompletableFuture.runAsync(() -> wait(pool, target, started), SshPoolBenchmarkIT::start));
        Eventually.that(() -> Files.exists(started));
      }
      wire.freeze();
      var since = System.nanoTime();
      ready.forEach(
          channel -> waiting.add(CompletableFuture.runAsync(() -> writeOn(channel), SshPoolBenchmarkIT::start)));
      waiting.forEach(CompletableFuture::join);
      return (System.nanoTime() - since) / 1e9;
    } catch (java.io.IOException e) {
      throw new IllegalStateException(e);
    } finally {
      TestPools.close(pool);
    }
  }

  private static void writeOn(LineChannel channel) {
    var line = new byte[64 * 1024];
    try {
      while (true) {
        channel.send(line, Duration.ofMinutes(5));
      }
    } catch (SshException e) {
      // freed
    }
  }

  private static void wait(SshPool pool, SshTarget target, Path started) {
    try {
      pool.exec(target, "touch " + started + "; exec sleep 600", null, Duration.ofMinutes(5));
    } catch (SshException e) {
      // told
    }
  }

  /** R11: each under a key of its own, as servers are. */
  private void idleConnections(OpenSshServer server) {
    var pool = TestPools.pool(Map.of("max-connections", "2000"));
    open(pool, server, 0, 10);
    var heap = heap();
    var threads = threads();
    open(pool, server, 10, SERVERS);
    assertThat(pool.stats().open()).isEqualTo(SERVERS);
    var each = (heap() - heap) / (SERVERS - 10.0) / MB;
    row("R11", "heap of an idle server connection with its gateway channel, MB", each, 0.4,
        (SERVERS - 10) + " real connections");
    row("R11", "threads of it", (threads() - threads) / (SERVERS - 10.0), 2, "platform threads");
    row("R11", "heap of 1,000 such servers, with all else of this test, MB", each * 990 + heap / MB, 1024,
        "largest heap here " + Math.round(Runtime.getRuntime().maxMemory() / MB) + " MB");
    TestPools.close(pool);
  }

  private static void open(SshPool pool, OpenSshServer server, int from, int to) {
    var there = server.target(KEY);
    IntStream.range(from, to).mapToObj(i -> CompletableFuture.runAsync(() -> pool.openLines(
        new SshTarget(there.host(), there.port(), there.user(),
            new SshCredential.Key("server-" + i, KEY.privateKey(), null), there.hostKey(), there.hostKeyAlgorithm()),
        "cat", new Silent(), Duration.ofMinutes(5)), SshPoolBenchmarkIT::start)).toList()
        .forEach(CompletableFuture::join);
  }

  /** What is in use once everything else was collected. */
  private static double heap() {
    var memory = ManagementFactory.getMemoryMXBean();
    var least = new long[]{Long.MAX_VALUE};
    var same = new int[1];
    Eventually.that(() -> {
      System.gc();
      var used = memory.getHeapMemoryUsage().getUsed();
      same[0] = used < least[0] - 100_000 ? 0 : same[0] + 1;
      least[0] = Math.min(least[0], used);
      return same[0] == 5;
    });
    return least[0];
  }

  private static int threads() {
    return ManagementFactory.getThreadMXBean().getThreadCount();
  }

  private void row(String id, String figure, double value, double goal, String detail) {
    table.add(String.format(Locale.ROOT, "| %s | %s | %.3f | ≤ %s | %s | %s |", id, figure, value, goal,
        value <= goal ? "met" : "missed", detail));
  }

  private void print(double loadBefore) throws Exception {
    var text = new StringBuilder("\n").append(String.format(Locale.ROOT,
        "%d processors, Java %s, load %.1f before and %.1f after.", Runtime.getRuntime().availableProcessors(),
        Runtime.version(), loadBefore, loadAverage())).append("\n\n")
        .append("| row | figure | value | goal | | |\n|---|---|---|---|---|---|\n");
    table.forEach(line -> text.append(line).append('\n'));
    System.out.println(text);
    Files.writeString(Path.of("target", "ssh-pool.md"), text);
  }

  private static double loadAverage() {
    return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
  }

  private static final class Silent implements LineChannel.Listener {
    @Override
    public void line(String line) {}

    @Override
    public void closed(LineChannelEnd end) {}
  }
}
