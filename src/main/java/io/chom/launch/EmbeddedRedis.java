package io.chom.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.embedded.RedisExecProvider;

/** A real Redis that starts and stops with the panel; its append-only file brings sessions and streams back. */
final class EmbeddedRedis implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedRedis.class);
  private static final int USUAL_PORT = 16379;
  private static final String PASSWORD = "redis.password";

  private final Process process;
  private final String password;
  private final int port;

  private EmbeddedRedis(Process process, String password, int port) {
    this.process = process;
    this.password = password;
    this.port = port;
  }

  static EmbeddedRedis start(DataDirectory data) {
    Path directory = data.directory("redis");
    Path program = unpacked(data);
    String password = data.password(PASSWORD);
    int wanted = Integer.parseInt(data.kept("redis.port", () -> "" + USUAL_PORT));
    stopOrphan(wanted, password, directory);
    int port = Ports.thisOrAnother(wanted);
    Path log = data.directory("log").resolve("redis.log");
    for (int attempt = 1;; attempt++) {
      // in a file, not in the arguments: those can be read by every user of the machine
      data.keep("redis/redis.conf", configuration(directory, port, password));
      // before it runs: after a kill -9 this is how the next start finds it
      data.keep("redis.port", "" + port);
      var command = List.of(program.toString(), directory.resolve("redis.conf").toString());
      var server = new EmbeddedRedis(Child.server(command, log, directory), password, port);
      if (server.answers(directory)) {
        return server;
      }
      server.close();
      if (attempt == 3 || Ports.free(Ports.loopback(), port)) {
        throw new StartRefused("The embedded Redis did not start; the last lines of " + log
            + " say why. It can be replaced by your own with CHOM_REDIS_URL");
      }
      port = Ports.another();
    }
  }

  /** Starts again one that died, where its clients look for it. */
  static EmbeddedRedis restart(DataDirectory data, EmbeddedRedis dead) {
    data.keep("redis.port", "" + dead.port);
    var again = start(data);
    if (again.port != dead.port) {
      again.close();
      throw new StartRefused("Another program has Redis' port " + dead.port);
    }
    return again;
  }

  boolean runs() {
    return process.isAlive();
  }

  private static Path unpacked(DataDirectory data) {
    Path program = data.directory("bin").resolve("redis-server-" + RedisExecProvider.redisVersion);
    if (Files.exists(program)) {
      return program;
    }
    try {
      Path packed = RedisExecProvider.defaultProvider().get().toPath();
      Path fresh = program.resolveSibling(program.getFileName() + ".new");
      Files.copy(packed, fresh, StandardCopyOption.REPLACE_EXISTING);
      Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rwx------"));
      Files.move(fresh, program, StandardCopyOption.ATOMIC_MOVE);
      Files.delete(packed);
      return program;
    } catch (IOException | RuntimeException e) {
      throw new StartRefused("CHOM could not unpack its embedded Redis to " + program + " (" + e.getMessage()
          + "): make room there, or set CHOM_REDIS_URL to a Redis of your own", e);
    }
  }

  private static String configuration(Path directory, int port, String password) {
    return """
        bind 127.0.0.1
        protected-mode yes
        port %d
        requirepass %s
        dir "%s"
        appendonly yes
        appendfsync everysec
        save ""
        maxmemory-policy noeviction
        daemonize no
        """.formatted(port, password, directory);
  }

  // a panel that was killed leaves its Redis running, and two must not write the same append-only file
  private static void stopOrphan(int port, String password, Path directory) {
    try (var talk = RedisTalk.connect(port, password)) {
      if (ours(talk, directory)) {
        LOG.info("Stopping Redis on port {} that a killed panel left behind", port);
        shutDown(talk);
      }
    } catch (IOException _) {
      return;
    }
    for (int i = 0; i < 300 && !Ports.free(Ports.loopback(), port); i++) {
      Pause.of(Duration.ofMillis(50));
    }
  }

  private static boolean ours(RedisTalk talk, Path directory) throws IOException {
    return talk.ask("CONFIG", "GET", "dir").contains(directory.toString());
  }

  private static void shutDown(RedisTalk talk) throws IOException {
    try {
      talk.ask("SHUTDOWN");
    } catch (IOException e) {
      // hanging up is how it says yes
      LOG.debug("Redis hung up", e);
    }
  }

  private boolean answers(Path directory) {
    for (int i = 0; i < 1200 && process.isAlive(); i++) {
      try (var talk = RedisTalk.connect(port, password)) {
        // while it still loads its file, this is answered by an error
        talk.ask("DBSIZE");
        return ours(talk, directory);
      } catch (IOException _) {
        Pause.of(Duration.ofMillis(50));
      }
    }
    return false;
  }

  /** The address for clients, password included. */
  String url() {
    return "redis://:" + password + "@127.0.0.1:" + port;
  }

  int port() {
    return port;
  }

  @Override
  public void close() {
    if (!process.isAlive()) {
      return;
    }
    try (var talk = RedisTalk.connect(port, password)) {
      shutDown(talk);
    } catch (IOException e) {
      LOG.debug("Redis does not answer; ending its process", e);
      process.destroy();
    }
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
