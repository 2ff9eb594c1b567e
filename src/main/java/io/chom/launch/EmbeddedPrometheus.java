package io.chom.launch;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.crypto.bcrypt.BCryptPasswordEncoder;

/**
 * The machine's Prometheus as a child of the panel: its own data, on loopback, behind a password. The panel works without
 * it, so that nothing it does keeps the panel from starting.
 */
final class EmbeddedPrometheus implements AutoCloseable {
  static final String PROGRAM = "prometheus";
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedPrometheus.class);
  private static final int USUAL_PORT = 19090;
  private static final String USER = "chom";
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Process process;
  private final String password;
  private final int port;

  private EmbeddedPrometheus(Process process, String password, int port) {
    this.process = process;
    this.password = password;
    this.port = port;
  }

  /** Null where it does not start, which is told in the log. */
  static @Nullable EmbeddedPrometheus start(DataDirectory data, Settings settings, String token) {
    return start(data, settings, token, Ports.thisOrAnother(USUAL_PORT));
  }

  /** Again one that died, where its clients look for it. */
  static @Nullable EmbeddedPrometheus restart(DataDirectory data, Settings settings, String token,
      EmbeddedPrometheus dead) {
    return start(data, settings, token, dead.port);
  }

  private static @Nullable EmbeddedPrometheus start(DataDirectory data, Settings settings, String token, int port) {
    try {
      Path directory = data.directory(PROGRAM);
      stopOrphan(directory);
      String password = data.password("prometheus.password");
      data.keep("prometheus/scrape.token", token);
      data.keep("prometheus/prometheus.yml",
          PrometheusFile.text(panel(settings), directory.resolve("scrape.token"), settings.scrapesDirectly()));
      data.keep("prometheus/web.yml",
          "basic_auth_users:\n  " + USER + ": '" + new BCryptPasswordEncoder(8).encode(password) + "'\n");
      var command = List.of(PROGRAM, "--config.file=" + directory.resolve("prometheus.yml"),
          "--web.config.file=" + directory.resolve("web.yml"), "--web.listen-address=127.0.0.1:" + port,
          "--storage.tsdb.path=" + directory.resolve("data"), "--storage.tsdb.retention.time=31d",
          "--storage.tsdb.retention.size=2GB", "--query.timeout=20s", "--query.max-samples=20000000",
          "--log.level=warn");
      var started = new EmbeddedPrometheus(
          Child.server(command, data.directory("log").resolve("prometheus.log"), directory), password, port);
      data.keep("prometheus/pid", "" + started.process.pid());
      if (started.answers()) {
        return started;
      }
      started.close();
    } catch (RuntimeException e) {
      LOG.debug("Prometheus did not start", e);
    }
    LOG.warn("The machine's Prometheus did not start; {} says why. The panel goes on without measurements",
        data.path("log").resolve("prometheus.log"));
    return null;
  }

  /** From here, whatever name people know the panel by. */
  private static URI panel(Settings settings) {
    String bind = settings.bind();
    boolean all = bind.equals("0.0.0.0") || bind.equals("::") || bind.equals("[::]");
    String host = all ? "127.0.0.1" : bind.contains(":") && !bind.startsWith("[") ? "[" + bind + "]" : bind;
    return URI.create("http://" + host + ":" + settings.port());
  }

  // a panel that was killed leaves it running, and two cannot have the same data
  private static void stopOrphan(Path directory) {
    try {
      Path file = directory.resolve("pid");
      if (Files.notExists(file)) {
        return;
      }
      long pid = Long.parseLong(Files.readString(file).strip());
      if (!Child.commandLine(pid).contains("--config.file=" + directory.resolve("prometheus.yml"))) {
        return;
      }
      LOG.info("Stopping the Prometheus (process {}) that a killed panel left behind", pid);
      var orphan = ProcessHandle.of(pid);
      orphan.ifPresent(ProcessHandle::destroy);
      for (int i = 0; i < 200 && orphan.isPresent() && orphan.get().isAlive(); i++) {
        Pause.of(Duration.ofMillis(50));
      }
      orphan.ifPresent(ProcessHandle::destroyForcibly);
    } catch (IOException | NumberFormatException e) {
      LOG.debug("No Prometheus was left behind", e);
    }
  }

  private boolean answers() {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (process.isAlive() && System.nanoTime() < deadline) {
      if (Doctor.listens("127.0.0.1", port)) {
        return true;
      }
      Pause.of(Duration.ofMillis(100));
    }
    return false;
  }

  boolean runs() {
    return process.isAlive();
  }

  /** The address for clients, login included. */
  String url() {
    return "http://" + USER + ":" + password + "@127.0.0.1:" + port;
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
