package io.chom.launch;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A panel in a process of its own, so that it can be stopped, killed and left for dead like a real one. */
final class PanelProcess implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofMinutes(6);

  private final Process process;
  private final Path output;
  private final int port;

  private PanelProcess(Process process, Path output, int port) {
    this.process = process;
    this.output = output;
    this.port = port;
  }

  static PanelProcess start(Class<?> application, Map<String, String> settings, String... words) throws IOException {
    return start(List.of(), application, settings, words);
  }

  static PanelProcess start(List<String> before, Class<?> application, Map<String, String> settings, String... words)
      throws IOException {
    int port = Ports.another();
    Path output = Files.createTempFile("panel-", ".log");
    var command = new ArrayList<>(before);
    command.addAll(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m", "--enable-native-access=ALL-UNNAMED", "-cp",
        System.getProperty("java.class.path"), application.getName()));
    command.addAll(List.of(words));
    var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("CHOM_"));
    builder.environment().put("CHOM_PORT", "" + port);
    // one that is not there, so that only those who mean it get one of their own
    builder.environment().put("CHOM_PROMETHEUS_URL", "http://127.0.0.1:9");
    builder.environment().putAll(settings);
    return new PanelProcess(builder.start(), output, Integer.parseInt(builder.environment().get("CHOM_PORT")));
  }

  PanelProcess ready() throws IOException {
    await("the panel to listen", () -> {
      try (var _ = new Socket(Ports.loopback(), port)) {
        return true;
      } catch (IOException e) {
        if (!process.isAlive()) {
          throw new AssertionError("the panel ended: " + output());
        }
        return false;
      }
    });
    return this;
  }

  static void await(String what, BooleanSupplier happened) {
    Instant limit = Instant.now().plus(LIMIT);
    while (!happened.getAsBoolean()) {
      if (Instant.now().isAfter(limit)) {
        throw new AssertionError("waited in vain for " + what);
      }
      Pause.of(Duration.ofMillis(50));
    }
  }

  String output() {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  int port() {
    return port;
  }

  long pid() {
    return process.pid();
  }

  List<ProcessHandle> children() {
    return process.descendants().toList();
  }

  boolean ended() {
    return !process.isAlive();
  }

  int end() throws InterruptedException {
    if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("the process does not end: " + output());
    }
    return process.exitValue();
  }

  int terminate() throws InterruptedException {
    process.destroy();
    return end();
  }

  /** kill -9 of the panel alone. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    end();
  }

  /** kill -9 of the panel and everything it started. */
  void killAll() throws InterruptedException {
    var all = new ArrayList<>(children());
    kill();
    all.forEach(ProcessHandle::destroyForcibly);
  }

  static Map<String, String> with(Map<String, String> settings, String name, String value) {
    var more = new HashMap<>(settings);
    more.put(name, value);
    return more;
  }

  @Override
  public void close() throws Exception {
    if (process.isAlive()) {
      terminate();
    }
    Files.deleteIfExists(output);
  }
}
