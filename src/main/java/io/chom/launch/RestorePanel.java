package io.chom.launch;

import io.chom.recovery.BackupFile;
import io.chom.recovery.PanelRestore;
import io.chom.tenancy.DatabaseLogin;
import io.chom.tenancy.DatabaseLogins;
import io.chom.tenancy.DatabaseRoles;
import io.chom.tenancy.RolePasswords;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Scanner;

/** The word restore-panel: a panel from a sealed copy, into a database and a data directory that hold none. */
final class RestorePanel {
  static final String NAME = "restore-panel";
  private static final String KEY = "master.key";
  private static final String KEY_BEFORE = "master.key.before-restore";

  private final Map<String, String> environment;
  private final InputStream in;
  private final PrintStream out;

  RestorePanel(Map<String, String> environment, InputStream in, PrintStream out) {
    this.environment = environment;
    this.in = in;
    this.out = out;
  }

  int run(List<String> typed) {
    var words = Words.read(typed, List.of("from", "passphrase-file"), List.of("replace"));
    Path file = Path.of(words.get("from").orElseThrow(() -> new Words.Mistake("--from=FILE is missing")));
    BackupFile.header(file).ifPresent(header -> out.println("A backup of " + header.made() + ", made by CHOM "
        + header.chom() + " of schema " + header.schema() + " on PostgreSQL " + header.postgresql()));
    String passphrase = Passphrase.of(settings(anyKey()), words.get("passphrase-file").orElse(null), false);
    var contents = BackupFile.check(file, passphrase);
    out.printf("It is whole: %d tables with %,d rows%n", contents.rows().size(), contents.allRows());
    refuseAnotherKey(contents.masterKey());
    var settings = settings(contents.masterKey());
    return new Target(settings, contents, words.has("replace")).restore(file, passphrase);
  }

  /** Until the backup is open nobody needs to know the key: to have lost it is what backups are for. */
  private String anyKey() {
    String given = given();
    return given.isBlank() ? Base64.getEncoder().encodeToString(new byte[32]) : given;
  }

  private String given() {
    return environment.getOrDefault(Setting.CHOM_MASTER_KEY.name(), "").strip();
  }

  private void refuseAnotherKey(String masterKey) {
    if (!given().isEmpty() && !given().equals(masterKey)) {
      throw new StartRefused("CHOM_MASTER_KEY is another one than the backup's, which would open no secret: unset it");
    }
  }

  private Settings settings(String masterKey) {
    var all = new HashMap<>(environment);
    all.put(Setting.CHOM_MASTER_KEY.name(), masterKey);
    return Settings.read(all);
  }

  /** Where the panel goes. */
  private final class Target {
    private final Settings settings;
    private final BackupFile.Contents contents;
    private final String masterKey;
    private final boolean replace;
    private boolean keyReplaced;

    Target(Settings settings, BackupFile.Contents contents, boolean replace) {
      this.settings = settings;
      this.contents = contents;
      this.masterKey = contents.masterKey();
      this.replace = replace;
    }

    int restore(Path file, String passphrase) {
      if (settings.has(Setting.CHOM_DATABASE_URL)) {
        return restore(file, passphrase, PanelDatabase.three(settings));
      }
      if (!settings.embeddedDatabase()) {
        return restore(file, passphrase, PanelDatabase.administrator(settings));
      }
      try (var data = DataDirectory.open(settings.dataDirectory()); var server = EmbeddedPostgresql.start(data)) {
        return restore(file, passphrase, DatabaseLogin.parse("CHOM_DATA_DIR", server.administratorUrl()));
      }
    }

    private int restore(Path file, String passphrase, DatabaseLogin administrator) {
      String database = DatabaseRoles.databaseOf(administrator);
      // before the roles get the restored panel's passwords, which would lock out the one that is there
      confirmIfNeeded(administrator.inDatabase(database));
      return fill(file, passphrase,
          DatabaseRoles.create(administrator, database, role -> RolePasswords.of(masterKey, role)));
    }

    private int restore(Path file, String passphrase, DatabaseLogins logins) {
      confirmIfNeeded(logins.migration());
      return fill(file, passphrase, logins);
    }

    private int fill(Path file, String passphrase, DatabaseLogins logins) {
      var left = List.<String>of();
      try {
        left = new PanelRestore(file, passphrase, logins).restore(contents, replace, this::putKey);
      } catch (RuntimeException e) {
        putKeyBack();
        throw e;
      }
      left.forEach(what -> out.println("Left out: " + what));
      out.println("Restored into " + logins.migration().url());
      sayWhatIsNext();
      return 0;
    }

    private void confirmIfNeeded(DatabaseLogin login) {
      boolean empty = PanelRestore.isEmpty(login);
      if (!replace) {
        if (!empty) {
          throw new StartRefused("There is a panel in " + place(login)
              + " already: name an empty database and data directory, or say --replace to have it replaced");
        }
        if (!keyMayGo()) {
          throw new StartRefused(
              settings.dataDirectory().resolve(KEY) + " is another panel's key: set CHOM_DATA_DIR to an"
                  + " empty directory, or say --replace (then it is kept as " + KEY_BEFORE + ")");
        }
      } else if (!empty) {
        askFor(login);
      }
    }

    private void askFor(DatabaseLogin login) {
      out.println("Everything in " + place(login) + " will be replaced. Type " + login.database() + " to go on:");
      out.flush();
      var typed = new Scanner(in, StandardCharsets.UTF_8);
      if (!typed.hasNextLine() || !typed.nextLine().strip().equals(login.database())) {
        throw new StartRefused("Nothing was replaced: that is not the database's name");
      }
    }

    private String place(DatabaseLogin login) {
      return settings.embeddedDatabase() ? settings.dataDirectory().toString() : login.url();
    }

    /** Whether no other panel's key lies where this one's goes. */
    private boolean keyMayGo() {
      try {
        Path key = settings.dataDirectory().resolve(KEY);
        return Files.notExists(key) || Files.readString(key).strip().equals(masterKey);
      } catch (IOException e) {
        throw new StartRefused("The master key in " + settings.dataDirectory() + " cannot be read (" + e.getMessage()
            + "): do this as the user that runs CHOM", e);
      }
    }

    /** A key that is there is kept beside it: whatever it sealed elsewhere opens with nothing else. */
    private void putKey() {
      Path directory = settings.dataDirectory();
      try {
        DataDirectory.makePrivate(directory);
        Path key = directory.resolve(KEY);
        if (!keyMayGo()) {
          DataDirectory.write(directory.resolve(KEY_BEFORE), Files.readString(key));
          keyReplaced = true;
        }
        DataDirectory.write(key, masterKey + "\n");
      } catch (IOException e) {
        throw new StartRefused("The master key cannot be written to " + directory + " (" + e.getMessage()
            + "): make it writable, or set CHOM_DATA_DIR to another; then restore again", e);
      }
    }

    /** What was in the database before is there again, and needs the key from before. */
    private void putKeyBack() {
      if (!keyReplaced) {
        return;
      }
      Path directory = settings.dataDirectory();
      try {
        DataDirectory.write(directory.resolve(KEY), Files.readString(directory.resolve(KEY_BEFORE)));
      } catch (IOException e) {
        out.println("The master key of the panel before could not be put back: copy " + directory.resolve(KEY_BEFORE)
            + " over " + directory.resolve(KEY));
      }
    }

    private void sayWhatIsNext() {
      Path key = settings.dataDirectory().resolve(KEY);
      out.println(settings.embeddedDatabase()
          ? "The master key is in " + key + ". Start the panel; people sign in as before."
          : "The master key is in " + key + ": give its content as CHOM_MASTER_KEY to every node, then start the panel;"
              + " people sign in as before.");
      out.println("What was under way when the backup was made is asked of its servers, and nothing of it is begun"
          + " anew. Then compare each server: Differences on /servers/<id> (docs/disaster.md).");
    }
  }
}
