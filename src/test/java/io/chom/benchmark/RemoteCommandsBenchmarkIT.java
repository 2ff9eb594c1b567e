package io.chom.benchmark;

import io.chom.agent.AgentBench;
import io.chom.ssh.BareSshj;
import io.chom.ssh.OpenSshServer;
import io.chom.ssh.SshKeyPair;
import io.chom.ssh.SshKeys;
import io.chom.ssh.SshTarget;
import io.chom.ssh.TcpProxy;
import io.chom.ssh.TestPools;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Rows R1 to R5: the gateway and the pool against OpenSSH's own multiplexing, bare sshj and a local process, on Debian's
 * sshd, in interleaved rounds. Needs root, for sshd.
 */
@Tag("benchmark")
class RemoteCommandsBenchmarkIT {
  private static final int ROUNDS = Integer.getInteger("chom.benchmark.rounds", 30);
  private static final long WARM_UP = TimeUnit.SECONDS.toNanos(4);
  private static final double RTT = 40;
  private static final SshKeyPair KEY = SshKeys.generate("benchmark");

  @TempDir
  static Path dir;

  private final List<String> table = new ArrayList<>();

  /** One way of doing the same thing, and how long it took each time. */
  private record Way(String name, int samples, Work work, List<Double> millis) {
    Way(String name, int samples, Work work) {
      this(name, samples, work, new ArrayList<>());
    }

    void once() throws Exception {
      var started = System.nanoTime();
      work.run();
      millis.add((System.nanoTime() - started) / 1e6);
    }

    double at(double quantile) {
      var sorted = millis.stream().mapToDouble(Double::doubleValue).sorted().toArray();
      return sorted[(int) Math.min(sorted.length - 1, Math.floor(quantile * sorted.length))];
    }

    double p50() {
      return at(0.5);
    }
  }

  private interface Work {
    void run() throws Exception;
  }

  @Test
  void measures() throws Exception {
    var plainHome = Files.createDirectory(dir.resolve("plain"));
    var agentHome = Files.createDirectory(dir.resolve("agent"));
    var entry = Path.of("src/main/resources/agent/bin/entry").toAbsolutePath();
    var root = Files.createDirectory(dir.resolve("root"));
    var forced = "restrict,command=\"VPSMANAGER_ROOT=" + root + " VPSMANAGER_HTTP_PORT=18181 /bin/bash " + entry
        + "\" ";
    try (var plain = new OpenSshServer(plainHome, KEY);
        var gateway = new OpenSshServer(agentHome,
            new SshKeyPair(KEY.privateKey(), forced + KEY.publicKey(), KEY.fingerprint()));
        var longWire = new TcpProxy(plain.port(), (long) RTT / 2);
        var longGatewayWire = new TcpProxy(gateway.port(), (long) RTT / 2)) {
      var load = loadAverage();
      loopback(plain, gateway);
      longWay(plain.target(KEY, longWire.port()), gateway.target(KEY, longGatewayWire.port()));
      print(load);
    }
  }

  private void loopback(OpenSshServer plain, OpenSshServer gateway) throws Exception {
    var pool = TestPools.pool(Map.of("open-ahead", "false"));
    var ahead = TestPools.pool(Map.of());
    var target = plain.target(KEY);
    try (var agent = new AgentBench(gateway.target(KEY));
        var bare = new BareSshj(target);
        var mux = new Mux(plain)) {
      var ping = new Way("gateway ping", 100, agent::ping);
      var muxed = new Way("OpenSSH mux exec true", 3, mux::run);
      var pooled = new Way("pooled exec true", 5, () -> pool.exec(target, "true"));
      var pooledAhead = new Way("pooled exec true, opened ahead", 5, () -> ahead.exec(target, "true"));
      var sshj = new Way("bare sshj exec true", 5, () -> bare.exec("true"));
      var local = new Way("local bash -c true", 5, () -> run("bash", "-c", "true"));
      interleave(List.of(ping, muxed, pooled, sshj, pooledAhead, local));
      row("R1", "gateway ping p50 / OpenSSH mux exec p50", ping.p50() / muxed.p50(), 0.025,
          ms(ping) + " / " + ms(muxed));
      row("R1", "gateway ping p95, ms", ping.at(0.95), 2, ms(ping));
      row("R3", "pooled exec p50 / OpenSSH mux p50", pooledAhead.p50() / muxed.p50(), 0.45,
          ms(pooledAhead) + " / " + ms(muxed));
      row("R3", "pooled exec p50 / local bash -c p50", pooledAhead.p50() / local.p50(), 1.6,
          ms(pooledAhead) + " / " + ms(local));
      row("R5", "pooled exec p50 / bare sshj exec p50", pooled.p50() / sshj.p50(), 1.05, ms(pooled) + " / " + ms(sshj));
      row("R5", "the same with a channel opened ahead", pooledAhead.p50() / sshj.p50(), 1.05,
          ms(pooledAhead) + " / " + ms(sshj));
      TestPools.checkout(pool, target, 20_000);
      row("R5", "checkout and return, µs (no round trip)", TestPools.checkout(pool, target, 200_000) / 1000, 5, "");
    } finally {
      TestPools.close(pool);
      TestPools.close(ahead);
    }
  }

  private void longWay(SshTarget plain, SshTarget gateway) throws Exception {
    var pool = TestPools.pool(Map.of("open-ahead", "false"));
    var ahead = TestPools.pool(Map.of());
    try (var agent = new AgentBench(gateway)) {
      var ping = new Way("gateway ping, 40 ms", 2, agent::ping);
      var pooled = new Way("pooled exec, 40 ms", 2, () -> pool.exec(plain, "true"));
      var pooledAhead = new Way("pooled exec ahead, 40 ms", 2, () -> ahead.exec(plain, "true"));
      interleave(List.of(ping, pooled, pooledAhead));
      row("R2", "gateway ping at 40 ms, round trips", ping.p50() / RTT, 1.10, ms(ping));
      row("R4", "pooled exec at 40 ms, round trips", pooled.p50() / RTT, 2.3, ms(pooled));
      row("R4", "the same, channel opened ahead", pooledAhead.p50() / RTT, 1.3, ms(pooledAhead));
    } finally {
      TestPools.close(pool);
      TestPools.close(ahead);
    }
  }

  private static void interleave(List<Way> ways) throws Exception {
    for (var way : ways) {
      // a panel runs for days: what the compiler has not seen yet is not the figure
      for (var started = System.nanoTime(); System.nanoTime() - started < WARM_UP;) {
        way.work().run();
      }
    }
    for (var round = 0; round < ROUNDS; round++) {
      for (var way : round % 2 == 0 ? ways : ways.reversed()) {
        // the one before leaves the machine busy for a moment, which is not this one's cost
        TimeUnit.MILLISECONDS.sleep(50);
        way.work().run();
        for (var i = 0; i < way.samples(); i++) {
          way.once();
        }
      }
    }
  }

  private void row(String id, String figure, double value, double goal, String detail) {
    table.add(String.format(Locale.ROOT, "| %s | %s | %.3f | ≤ %s | %s | %s |", id, figure, value, goal,
        value <= goal ? "met" : "missed", detail));
  }

  private static String ms(Way way) {
    return String.format(Locale.ROOT, "%.2f ms (p95 %.2f)", way.p50(), way.at(0.95));
  }

  private void print(double loadBefore) throws Exception {
    var text = new StringBuilder("\n").append(machine(loadBefore)).append("\n\n")
        .append("| row | figure | value | goal | | medians |\n|---|---|---|---|---|---|\n");
    table.forEach(line -> text.append(line).append('\n'));
    System.out.println(text);
    Files.writeString(Path.of("target", "remote-commands.md"), text);
  }

  private static String machine(double loadBefore) throws Exception {
    return String.format(Locale.ROOT,
        "%d processors, Java %s, %s, %d interleaved rounds, load %.1f before and %.1f after.",
        Runtime.getRuntime().availableProcessors(), Runtime.version(), openSshVersion(), ROUNDS, loadBefore,
        loadAverage());
  }

  private static double loadAverage() {
    return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
  }

  private static String openSshVersion() throws IOException {
    var process = new ProcessBuilder("ssh", "-V").redirectErrorStream(true).start();
    return new String(process.getInputStream().readAllBytes()).strip();
  }

  private static void run(String... command) throws Exception {
    var process = new ProcessBuilder(command).redirectInput(Path.of("/dev/null").toFile())
        .redirectError(ProcessBuilder.Redirect.DISCARD).start();
    process.getInputStream().readAllBytes();
    if (process.waitFor() != 0) {
      throw new IllegalStateException(Arrays.toString(command) + " failed with " + process.exitValue());
    }
  }

  /** OpenSSH's client with a kept connection, started once per command as people do. */
  private static final class Mux implements AutoCloseable {
    private final Process master;
    private final String[] command;
    private final Path socket;

    Mux(OpenSshServer server) throws Exception {
      socket = Files.createTempDirectory("mux").resolve("s");
      var options = List.of("-F", "/dev/null", "-p", String.valueOf(server.port()), "-i",
          server.privateKeyFile().toString(), "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
          "-o", "LogLevel=ERROR", "-S", socket.toString());
      var master = new ArrayList<>(List.of("ssh", "-M", "-N"));
      master.addAll(options);
      master.add("127.0.0.1");
      this.master = new ProcessBuilder(master).start();
      var once = new ArrayList<>(List.of("ssh"));
      once.addAll(options);
      once.addAll(List.of("127.0.0.1", "true"));
      command = once.toArray(String[]::new);
      io.chom.ssh.Eventually.that(() -> Files.exists(socket));
    }

    void run() throws Exception {
      RemoteCommandsBenchmarkIT.run(command);
    }

    @Override
    public void close() throws Exception {
      master.destroy();
      master.waitFor(5, TimeUnit.SECONDS);
    }
  }
}
