package io.chom.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A real PostgreSQL that starts and stops with the panel and keeps what it was told, even through kill -9. */
final class EmbeddedPostgresql implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedPostgresql.class);
  static final String DIRECTORY = "postgres";
  private static final String ADMINISTRATOR = "postgres";
  private static final int USUAL_PORT = 15432;
  private static final Duration START_LIMIT = Duration.ofMinutes(5);

  private final Path programs;
  private final Path directory;
  private final Path log;
  private final String password;
  private final Process process;
  private final int port;

  private EmbeddedPostgresql(Path programs, Path directory, Path log, String password, Process process, int port) {
    this.programs = programs;
    this.directory = directory;
    this.log = log;
    this.password = password;
    this.process = process;
    this.port = port;
  }

  static EmbeddedPostgresql start(DataDirectory data) {
    mayRun();
    Path directory = data.path(DIRECTORY);
    refuseAnotherMajorVersion(directory);
    Path programs = PostgresFiles.unpacked(data).resolve("bin");
    if (Files.notExists(directory)) {
      create(data, programs, directory);
    } else if (Files.notExists(data.path("postgres.password"))) {
      throw new StartRefused(data.path("postgres.password") + " is missing, and without it nobody can open the database"
          + " in " + directory + ": put the file back from a copy");
    }
    var earlier = new Postmaster(directory);
    earlier.orphan().ifPresent(orphan -> {
      LOG.info("Stopping PostgreSQL (process {}) that a killed panel left behind", orphan.pid());
      stop(programs, directory);
    });
    if (earlier.removeStale()) {
      LOG.info("Removed the stale postmaster.pid of an earlier PostgreSQL");
    }
    return startOnSomePort(data, programs, directory);
  }

  /** Starts again one that died, where its clients look for it. */
  static EmbeddedPostgresql restart(DataDirectory data, EmbeddedPostgresql dead) {
    data.keep("postgres.port", "" + dead.port);
    var again = start(data);
    if (again.port != dead.port) {
      again.close();
      throw new StartRefused("Another program has PostgreSQL's port " + dead.port);
    }
    return again;
  }

  boolean runs() {
    return process.isAlive();
  }

  private static EmbeddedPostgresql startOnSomePort(DataDirectory data, Path programs, Path directory) {
    Path log = data.directory("log").resolve("postgres.log");
    int port = Ports.thisOrAnother(Integer.parseInt(data.kept("postgres.port", () -> "" + USUAL_PORT)));
    for (int attempt = 1;; attempt++) {
      Process process = Child.server(unprivileged(serverCommand(programs, directory, port)), log, directory);
      var server = new EmbeddedPostgresql(programs, directory, log, data.password("postgres.password"), process, port);
      try {
        if (server.answers()) {
          data.keep("postgres.port", "" + port);
          return server;
        }
      } catch (StartRefused e) {
        server.close();
        throw e;
      }
      if (attempt == 3 || Ports.free(Ports.loopback(), port)) {
        throw new StartRefused("The embedded PostgreSQL did not start; the last lines of " + log + " say why. It can be"
            + " replaced by your own with CHOM_DATABASE_URL");
      }
      port = Ports.another();
    }
  }

  private static void refuseAnotherMajorVersion(Path directory) {
    Path file = directory.resolve("PG_VERSION");
    try {
      String major = Files.exists(file) ? Files.readString(file).strip() : PostgresFiles.MAJOR;
      if (!major.equals(PostgresFiles.MAJOR)) {
        throw new StartRefused(directory + " was written by PostgreSQL " + major + ", but this CHOM brings PostgreSQL "
            + PostgresFiles.MAJOR
            + ": start the CHOM version that wrote it, dump the database with pg_dump, and load the"
            + " dump into a fresh CHOM_DATA_DIR");
      }
    } catch (IOException e) {
      throw new StartRefused("CHOM cannot read " + file + " (" + e.getMessage() + "): give this user access to it", e);
    }
  }

  private static void mayRun() {
    if (Child.root() && !Child.run(Duration.ofSeconds(10), List.of("unshare", "-U", "true")).well()) {
      throw new StartRefused("PostgreSQL refuses to run as root, and this machine does not let root set it apart"
          + " (unshare -U fails): start CHOM as an ordinary user, or set CHOM_DATABASE_URL");
    }
  }

  // in a user namespace of its own root is nobody, which is all PostgreSQL asks for
  private static List<String> unprivileged(List<String> command) {
    var whole = new ArrayList<String>(Child.root() ? List.of("unshare", "-U") : List.of());
    whole.addAll(command);
    return whole;
  }

  private static void create(DataDirectory data, Path programs, Path directory) {
    Path fresh = data.path("postgres.new");
    data.password("postgres.password");
    try {
      PostgresFiles.delete(fresh);
      var made = Child.run(Duration.ofMinutes(5),
          unprivileged(List.of(programs.resolve("initdb").toString(), "-D", fresh.toString(), "-U", ADMINISTRATOR,
              "--pwfile=" + data.path("postgres.password"), "--auth=scram-sha-256", "--encoding=UTF8",
              "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")));
      if (!made.well()) {
        throw new StartRefused("The embedded PostgreSQL could not make its data directory: " + made.output()
            + System.lineSeparator() + "Mend that (a user needs a name in /etc/passwd), or set CHOM_DATABASE_URL to a"
            + " PostgreSQL of your own");
      }
      // only a whole one gets the name: a kill in the middle leaves nothing that looks usable
      Files.move(fresh, directory, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new StartRefused(
          "CHOM cannot write to " + fresh + " (" + e.getMessage() + "): make room or set CHOM_DATA_DIR",
          e);
    }
  }

  private static List<String> serverCommand(Path programs, Path directory, int port) {
    var command = new ArrayList<String>(
        List.of(programs.resolve("postgres").toString(), "-D", directory.toString(), "-p", "" + port));
    for (String setting : List.of("listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=on",
        "synchronous_commit=on", "full_page_writes=on", "password_encryption=scram-sha-256", "max_connections=100",
        "timezone=UTC", "log_destination=stderr", "log_line_prefix=%m [%p] ")) {
      command.addAll(List.of("-c", setting));
    }
    return command;
  }

  private boolean answers() {
    Instant limit = Instant.now().plus(START_LIMIT);
    while (Instant.now().isBefore(limit)) {
      try (Connection connection = DriverManager.getConnection(administratorUrl() + "&loginTimeout=10");
          var statement = connection.createStatement();
          var result = statement.executeQuery("show data_directory")) {
        // somebody else's server on this port must not be taken for ours
        return result.next() && directory.toString().equals(result.getString(1)) && process.isAlive();
      } catch (SQLException _) {
        if (!process.isAlive()) {
          return false;
        }
        Pause.of(Duration.ofMillis(50));
      }
    }
    return false;
  }

  /** The JDBC address for the administrator, who exists only to make the three roles CHOM works with. */
  String administratorUrl() {
    return "jdbc:postgresql://127.0.0.1:" + port + "/postgres?user=" + ADMINISTRATOR + "&password=" + password;
  }

  int port() {
    return port;
  }

  @Override
  public void close() {
    stop(programs, directory);
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    LOG.debug("PostgreSQL stopped; its log is {}", log);
  }

  private static void stop(Path programs, Path directory) {
    var command = List.of(programs.resolve("pg_ctl").toString(), "stop", "-D", directory.toString(), "-w", "-t", "20");
    var orderly = new ArrayList<String>(command);
    orderly.addAll(List.of("-m", "fast"));
    if (!Child.run(Duration.ofSeconds(40), unprivileged(orderly)).well()
        && new Postmaster(directory).orphan().isPresent()) {
      var now = new ArrayList<String>(command);
      now.addAll(List.of("-m", "immediate"));
      Child.run(Duration.ofSeconds(40), unprivileged(now));
    }
  }
}
