package io.chom.benchmark;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Row S4: how long a newcomer waits for the first page, with the dependencies already downloaded. In a copy of the
 * checkout without anything compiled, then again; the packaged panel beside it is what Maven does not cost. Each start
 * on an empty data directory makes the database and enrols the demo server.
 */
@Tag("benchmark")
class StartBenchmarkIT {
  private static final int ROUNDS = Integer.getInteger("chom.benchmark.starts", 3);
  private static final Duration LIMIT = Duration.ofMinutes(10);
  private static final double GOAL = 40;

  @TempDir
  static Path dir;

  private final HttpClient http = HttpClient.newHttpClient();
  private final StringBuilder table = new StringBuilder();

  @Test
  void measures() throws Exception {
    var load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    var checkout = Files.createDirectory(dir.resolve("checkout"));
    run("cp", "-r", ".mvn", "mvnw", "pom.xml", "src", checkout.toString());
    var maven = List.of(checkout.resolve("mvnw").toString(), "-B", "-ntp", "spring-boot:run");
    var jar = List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-jar",
        Path.of("target", "chom.jar").toAbsolutePath().toString());
    table.append(String.format(Locale.ROOT, "%n%d processors, Java %s, %d rounds, load %.1f before.%n%n",
        Runtime.getRuntime().availableProcessors(), Runtime.version(), ROUNDS, load));
    table.append("| row | seconds to the first page | median | worst | goal | |\n|---|---|---|---|---|---|\n");
    var first = new ArrayList<Double>();
    var again = new ArrayList<Double>();
    var packaged = new ArrayList<Double>();
    var packagedAgain = new ArrayList<Double>();
    for (var round = 0; round < ROUNDS; round++) {
      run("rm", "-rf", checkout.resolve("target").toString());
      first.add(secondsToLogin(maven, checkout, "first" + round));
      again.add(secondsToLogin(maven, checkout, "again" + round));
      packaged.add(secondsToLogin(jar, checkout, "jar" + round));
      packagedAgain.add(secondsToLogin(jar, checkout, "jar" + round));
    }
    row("`./mvnw spring-boot:run`, nothing compiled, no data", first);
    row("the same again, no data", again);
    row("`java -jar chom.jar`, no data", packaged);
    row("the same again, on its data", packagedAgain);
    System.out.println(table);
    Files.writeString(Path.of("target", "start.md"), table);
  }

  private void row(String what, List<Double> seconds) {
    var sorted = seconds.stream().sorted().toList();
    var median = sorted.get(sorted.size() / 2);
    table.append(String.format(Locale.ROOT, "| S4 | %s | %.1f | %.1f | ≤ %.0f | %s |%n", what, median,
        sorted.getLast(), GOAL, median <= GOAL ? "met" : "missed"));
  }

  private double secondsToLogin(List<String> command, Path checkout, String data) throws Exception {
    int port;
    try (var free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    var output = dir.resolve("panel.log");
    var builder = new ProcessBuilder(command).directory(checkout.toFile()).redirectErrorStream(true)
        .redirectOutput(output.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("CHOM_"));
    builder.environment().put("CHOM_PORT", String.valueOf(port));
    builder.environment().put("CHOM_DATA_DIR", dir.resolve(data).toString());
    var started = System.nanoTime();
    var panel = builder.start();
    try {
      while (!answers(port)) {
        if (!panel.isAlive() || System.nanoTime() - started > LIMIT.toNanos()) {
          throw new IllegalStateException("The panel did not start: " + Files.readString(output));
        }
        TimeUnit.MILLISECONDS.sleep(50);
      }
      return (System.nanoTime() - started) / 1e9;
    } finally {
      end(panel);
    }
  }

  private boolean answers(int port) throws InterruptedException {
    try {
      var page = http.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/login"))
          .timeout(Duration.ofSeconds(30)).build(), BodyHandlers.ofString());
      return page.statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  /** The panel first, which ends what it started; Maven follows. */
  private static void end(Process started) throws Exception {
    var all = started.descendants().toList();
    started.children().filter(child -> child.info().command().orElse("").endsWith("java"))
        .forEach(ProcessHandle::destroy);
    if (all.stream().noneMatch(child -> child.info().command().orElse("").endsWith("java"))) {
      started.destroy();
    }
    if (!started.waitFor(60, TimeUnit.SECONDS)) {
      started.destroyForcibly();
    }
    for (var process : all) {
      process.onExit().get(60, TimeUnit.SECONDS);
    }
  }

  private static void run(String... command) throws Exception {
    if (new ProcessBuilder(command).inheritIO().start().waitFor() != 0) {
      throw new IllegalStateException(String.join(" ", command) + " failed");
    }
  }
}
