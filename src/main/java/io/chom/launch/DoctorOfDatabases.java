package io.chom.launch;

import io.chom.tenancy.BadDatabaseSetting;
import io.chom.tenancy.DatabaseLogin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/** Examines PostgreSQL: reachable, new enough, and with logins that row level security holds. */
final class DoctorOfDatabases {
  private static final int OLDEST = 180_000;
  private static final String NO_TABLE_YET = "42P01";

  private final Settings settings;
  private final Findings findings;

  DoctorOfDatabases(Settings settings, Findings findings) {
    this.settings = settings;
    this.findings = findings;
  }

  void examine() {
    if (settings.embeddedDatabase()) {
      embedded();
      return;
    }
    for (Setting setting : List.of(Setting.CHOM_DATABASE_ADMIN_URL, Setting.CHOM_DATABASE_URL,
        Setting.CHOM_DATABASE_MIGRATION_URL, Setting.CHOM_DATABASE_JOBS_URL)) {
      settings.get(setting).ifPresent(url -> connect(setting.name(), url));
    }
  }

  private void embedded() {
    Path data = settings.dataDirectory();
    try {
      if (Doctor.runningPanel(settings).isPresent() && Files.exists(data.resolve("postgres.port"))) {
        connect("postgresql", embeddedUrl(data, "postgres"));
      } else if (Child.root() && !Child.run(Duration.ofSeconds(10), List.of("unshare", "-U", "true")).well()) {
        findings.fail("postgresql", "root cannot start it here (unshare -U fails): start CHOM as an ordinary user, or"
            + " set CHOM_DATABASE_URL");
      } else {
        findings.ok("postgresql", "embedded " + PostgresFiles.VERSION + ", starts with the panel");
      }
    } catch (IOException e) {
      findings.fail("postgresql", "its files in " + data + " cannot be read (" + e.getMessage()
          + "): run this as the user that runs CHOM");
    }
  }

  /** Whether somebody may run the platform, as far as the database says. */
  enum Operator {
    THERE, MISSING, UNKNOWN
  }

  Operator operator() {
    try {
      Path data = settings.dataDirectory();
      if (!settings.embeddedDatabase()) {
        // the administrator's own database is another one: only the panel's login says which is the panel's
        return settings.has(Setting.CHOM_DATABASE_URL)
            ? operator(settings.get(Setting.CHOM_DATABASE_URL).orElseThrow())
            : Operator.UNKNOWN;
      }
      if (Files.notExists(data.resolve("postgres.password"))) {
        return Operator.MISSING;
      }
      return Doctor.runningPanel(settings).isPresent() && Files.exists(data.resolve("postgres.port"))
          ? operator(embeddedUrl(data, "chom"))
          : Operator.UNKNOWN;
    } catch (IOException | BadDatabaseSetting e) {
      return Operator.UNKNOWN;
    }
  }

  private static Operator operator(String url) {
    var login = DatabaseLogin.parse("CHOM_DATABASE_URL", url);
    DriverManager.setLoginTimeout(5);
    try (var connection = DriverManager.getConnection(login.url(), login.user(), login.password());
        var statement = connection.createStatement();
        var row = statement.executeQuery("select exists (select from app_user where operator)")) {
      row.next();
      return row.getBoolean(1) ? Operator.THERE : Operator.MISSING;
    } catch (SQLException e) {
      return NO_TABLE_YET.equals(e.getSQLState()) ? Operator.MISSING : Operator.UNKNOWN;
    }
  }

  private static String embeddedUrl(Path data, String database) throws IOException {
    return "jdbc:postgresql://127.0.0.1:" + Files.readString(data.resolve("postgres.port")).strip() + "/" + database
        + "?user=postgres&password=" + Files.readString(data.resolve("postgres.password")).strip();
  }

  private void connect(String name, String url) {
    try {
      var login = DatabaseLogin.parse(name, url);
      DriverManager.setLoginTimeout(5);
      try (var connection = DriverManager.getConnection(login.url(), login.user(), login.password());
          var statement = connection.createStatement();
          var row = statement.executeQuery("select current_setting('server_version_num')::int,"
              + " current_setting('server_version'), rolsuper or rolbypassrls from pg_roles"
              + " where rolname = current_user")) {
        row.next();
        boolean mayAll = row.getBoolean(3);
        if (row.getInt(1) < OLDEST) {
          findings.fail(name, "is PostgreSQL " + row.getString(2) + ": CHOM needs 18 or newer");
        } else if (mayAll && (name.equals("CHOM_DATABASE_URL") || name.equals("CHOM_DATABASE_JOBS_URL"))) {
          findings.fail(name, "signs in as " + login.user() + ", whom row level security does not hold: use the role"
              + " chom_app (or chom_jobs) there");
        } else {
          findings.ok(name, "PostgreSQL " + row.getString(2) + " answers " + login.user());
        }
      }
    } catch (BadDatabaseSetting e) {
      findings.fail(name, String.valueOf(e.getMessage()));
    } catch (SQLException e) {
      findings.fail(name, "does not answer (" + e.getMessage() + "): check that PostgreSQL runs there, and the login");
    }
  }
}
