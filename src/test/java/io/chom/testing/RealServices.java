package io.chom.testing;

import io.chom.tenancy.DatabaseLogin;
import io.chom.tenancy.DatabaseLogins;
import io.chom.tenancy.DatabaseRoles;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Base64;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import redis.embedded.RedisServer;

/**
 * A real PostgreSQL with CHOM's three roles and a real Redis, started once for all tests of a run. Tests do not clean
 * up: each makes tenants of its own ({@link Tenants}).
 */
public final class RealServices implements BeforeAllCallback {
  /** What Prometheus would open the panel with. */
  public static final String SCRAPE_TOKEN = "scrape-token-of-the-tests-0123456789";
  /** The master key of all tests. */
  public static final String MASTER_KEY = Base64.getEncoder().encodeToString(new byte[32]);

  private record Running(EmbeddedPostgres postgres, DatabaseLogins logins, RedisServer redis, int redisPort) {}

  private static final class Holder {
    static final Running RUNNING = start();
  }

  /** Starts both unless they run, and says by system properties where they are. */
  @Override
  public void beforeAll(ExtensionContext context) {
    start(Holder.RUNNING);
  }

  private static void start(Running running) {
    System.setProperty("chom.database.url", running.logins().app().urlWithLogin());
    System.setProperty("chom.database.migration-url", running.logins().migration().urlWithLogin());
    System.setProperty("chom.database.jobs-url", running.logins().jobs().urlWithLogin());
    System.setProperty("chom.redis.url", redisUrl());
    System.setProperty("spring.data.redis.url", redisUrl());
    System.setProperty("chom.master-key", MASTER_KEY);
    System.setProperty("chom.trusted-proxies", "127.0.0.1");
    System.setProperty("chom.scrape.token", SCRAPE_TOKEN);
  }

  /** The three logins of the database that all tests share. */
  public static DatabaseLogins logins() {
    return Holder.RUNNING.logins();
  }

  public static String redisUrl() {
    return "redis://127.0.0.1:" + Holder.RUNNING.redisPort();
  }

  /** A login that may do everything, to look behind the locks. */
  public static DatabaseLogin administrator() {
    return administrator(Holder.RUNNING.postgres(), "postgres");
  }

  /** A superuser's connection to the shared database. */
  public static Connection asAdministrator() throws SQLException {
    return DriverManager.getConnection(administrator(Holder.RUNNING.postgres(), "chom").urlWithLogin());
  }

  /** Does something behind all locks. */
  public static void asAdministrator(String sql) {
    try (var connection = asAdministrator(); var statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  /** An empty database of its own, with the same three roles. */
  public static DatabaseLogins emptyDatabase(String name) {
    return DatabaseRoles.create(administrator(), name, role -> role);
  }

  private static DatabaseLogin administrator(EmbeddedPostgres postgres, String database) {
    return DatabaseLogin.parse("CHOM_DATABASE_ADMIN_URL",
        "postgresql://postgres:postgres@127.0.0.1:" + postgres.getPort() + "/" + database);
  }

  private static Running start() {
    try {
      var postgres = EmbeddedPostgres.builder().setServerConfig("max_connections", "300")
          .setServerConfig("unix_socket_directories", "").start();
      var logins = DatabaseRoles.create(administrator(postgres, "postgres"), "chom", role -> role);
      migrate(logins);
      var port = freePort();
      var directory = Files.createTempDirectory("chom-redis");
      var redis = RedisServer.builder().port(port).setting("bind 127.0.0.1").setting("save \"\"")
          .setting("dir " + directory).build();
      redis.start();
      Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(redis, directory)));
      return new Running(postgres, logins, redis, port);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void stop(RedisServer redis, Path directory) {
    try {
      redis.stop();
      Files.deleteIfExists(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Brings a database to the newest state, as the owner, as the panel does at its start. */
  public static void migrate(DatabaseLogins logins) {
    var owner = logins.migration();
    Flyway.configure().dataSource(owner.url(), owner.user(), owner.password()).locations("classpath:db/migration")
        .load().migrate();
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
