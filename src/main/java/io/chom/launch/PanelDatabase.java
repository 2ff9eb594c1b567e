package io.chom.launch;

import io.chom.tenancy.DatabaseLogin;
import io.chom.tenancy.DatabaseLogins;
import io.chom.tenancy.DatabaseRoles;
import io.chom.tenancy.RolePasswords;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The panel's database for a word of the command line, as it is: of a panel that runs, of its own, or started for it. */
final class PanelDatabase implements AutoCloseable {
  private static final String EMBEDDED = "chom";

  private final DatabaseLogins logins;
  private final String masterKey;
  private final @Nullable DataDirectory data;
  private final @Nullable EmbeddedPostgresql started;

  private PanelDatabase(DatabaseLogins logins, String masterKey, @Nullable DataDirectory data,
      @Nullable EmbeddedPostgresql started) {
    this.logins = logins;
    this.masterKey = masterKey;
    this.data = data;
    this.started = started;
  }

  /** Opens it, and changes nothing: a panel that runs on it does not notice. */
  static PanelDatabase open(Settings settings) {
    if (!settings.embeddedDatabase()) {
      String masterKey = settings.get(Setting.CHOM_MASTER_KEY).orElseThrow();
      return new PanelDatabase(external(settings, masterKey), masterKey, null, null);
    }
    Path directory = settings.dataDirectory();
    if (Files.notExists(directory.resolve("postgres"))) {
      throw new StartRefused(
          "There is no panel in " + directory + ": set CHOM_DATA_DIR to the directory of the one that"
              + " is meant, or CHOM_DATABASE_URL (or CHOM_DATABASE_ADMIN_URL) to its database");
    }
    return Doctor.runningPanel(settings).isPresent() ? running(settings) : stopped(settings);
  }

  private static DatabaseLogins external(Settings settings, String masterKey) {
    if (settings.has(Setting.CHOM_DATABASE_URL)) {
      return three(settings);
    }
    var administrator = administrator(settings);
    return DatabaseRoles.logins(administrator, DatabaseRoles.databaseOf(administrator),
        role -> RolePasswords.of(masterKey, role));
  }

  static DatabaseLogin administrator(Settings settings) {
    return login(settings, Setting.CHOM_DATABASE_ADMIN_URL);
  }

  static DatabaseLogins three(Settings settings) {
    for (var setting : new Setting[]{Setting.CHOM_DATABASE_MIGRATION_URL, Setting.CHOM_DATABASE_JOBS_URL}) {
      if (!settings.has(setting)) {
        throw new StartRefused(setting + " is missing: with CHOM_DATABASE_URL give the three of them");
      }
    }
    return new DatabaseLogins(login(settings, Setting.CHOM_DATABASE_URL),
        login(settings, Setting.CHOM_DATABASE_MIGRATION_URL), login(settings, Setting.CHOM_DATABASE_JOBS_URL));
  }

  private static DatabaseLogin login(Settings settings, Setting setting) {
    return DatabaseLogin.parse(setting.name(), settings.get(setting).orElseThrow());
  }

  private static PanelDatabase running(Settings settings) {
    Path directory = settings.dataDirectory();
    try {
      String masterKey = masterKey(settings, directory);
      var server = DatabaseLogin.parse("CHOM_DATA_DIR", "jdbc:postgresql://127.0.0.1:"
          + Files.readString(directory.resolve("postgres.port")).strip() + "/" + EMBEDDED + "?user="
          + DatabaseRoles.OWNER);
      return new PanelDatabase(DatabaseRoles.logins(server, EMBEDDED, role -> RolePasswords.of(masterKey, role)),
          masterKey, null, null);
    } catch (IOException e) {
      throw new StartRefused("The panel's files in " + directory + " cannot be read (" + e.getMessage()
          + "): do this as the user that runs CHOM, once the panel is ready", e);
    }
  }

  private static PanelDatabase stopped(Settings settings) {
    var data = DataDirectory.open(settings.dataDirectory());
    try {
      String masterKey = masterKey(settings, settings.dataDirectory());
      var server = EmbeddedPostgresql.start(data);
      var administrator = DatabaseLogin.parse("CHOM_DATA_DIR", server.administratorUrl());
      return new PanelDatabase(
          DatabaseRoles.logins(administrator, EMBEDDED, role -> RolePasswords.of(masterKey, role)), masterKey, data,
          server);
    } catch (IOException e) {
      data.close();
      throw new StartRefused("The master key in " + settings.dataDirectory() + " cannot be read (" + e.getMessage()
          + "): do this as the user that runs CHOM", e);
    } catch (RuntimeException e) {
      data.close();
      throw e;
    }
  }

  private static String masterKey(Settings settings, Path directory) throws IOException {
    return settings.has(Setting.CHOM_MASTER_KEY)
        ? settings.get(Setting.CHOM_MASTER_KEY).orElseThrow().strip()
        : Files.readString(directory.resolve("master.key")).strip();
  }

  DatabaseLogins logins() {
    return logins;
  }

  String masterKey() {
    return masterKey;
  }

  @Override
  public void close() {
    if (started != null) {
      started.close();
    }
    if (data != null) {
      data.close();
    }
  }
}
