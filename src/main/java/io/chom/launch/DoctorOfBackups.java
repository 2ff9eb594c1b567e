package io.chom.launch;

import io.chom.recovery.BackupFile;
import io.chom.recovery.BackupHeader;
import io.chom.tenancy.DatabaseLogin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;

/** Examines the panel's own backups: where they go, and how old the newest is. */
final class DoctorOfBackups {
  private static final String NAME = "panel backup";
  private static final String HOW = "set CHOM_PANEL_BACKUP_DIRECTORY and CHOM_BACKUP_PASSPHRASE, or let a clock of your"
      + " own run backup-panel (docs/disaster.md)";

  private final Settings settings;
  private final Findings findings;

  DoctorOfBackups(Settings settings, Findings findings) {
    this.settings = settings;
    this.findings = findings;
  }

  void examine() {
    if (settings.embeddedDatabase() && Files.notExists(settings.dataDirectory().resolve("postgres"))) {
      findings.ok(NAME, "there is no panel yet; once there is, " + HOW);
      return;
    }
    directory();
    var newest = newest();
    if (newest.isEmpty()) {
      findings.warn(NAME, asksTheDatabase()
          ? "there is none: " + HOW
          : "none is known while the panel does not run: look again when it does, or " + HOW);
      return;
    }
    var age = Duration.between(newest.get(), Instant.now());
    String sentence = "the newest is of " + newest.get() + ", " + age.toHours() + " hours ago";
    if (age.compareTo(every().multipliedBy(2)) > 0) {
      findings.warn(NAME, sentence + ": look in the panel's log why there is no newer one, or " + HOW);
    } else {
      findings.ok(NAME, sentence);
    }
  }

  private Duration every() {
    String text = settings.get(Setting.CHOM_PANEL_BACKUP_EVERY).orElse("1d");
    long number = Long.parseLong(text.substring(0, text.length() - 1));
    return text.endsWith("d") ? Duration.ofDays(number) : Duration.ofHours(number);
  }

  private void directory() {
    settings.get(Setting.CHOM_PANEL_BACKUP_DIRECTORY).ifPresent(text -> {
      try {
        if (!Files.isDirectory(Path.of(text)) || !Files.isWritable(Path.of(text))) {
          findings.fail(NAME, text + " is no directory that this user may write to: make it one, or set"
              + " CHOM_PANEL_BACKUP_DIRECTORY to another");
        }
      } catch (InvalidPathException e) {
        findings.fail(NAME, "CHOM_PANEL_BACKUP_DIRECTORY is no path: " + e.getMessage());
      }
    });
  }

  private boolean asksTheDatabase() {
    return !settings.embeddedDatabase() || Doctor.runningPanel(settings).isPresent();
  }

  private Optional<Instant> newest() {
    if (asksTheDatabase()) {
      try (var database = PanelDatabase.open(settings)) {
        return newest(database.logins().app());
      } catch (StartRefused | SQLException _) {
        // that the database does not answer is said elsewhere; the directory may still tell
      }
    }
    return newestFile();
  }

  private static Optional<Instant> newest(DatabaseLogin login) throws SQLException {
    DriverManager.setLoginTimeout(5);
    try (var connection = DriverManager.getConnection(login.url(), login.user(), login.password());
        var statement = connection.createStatement();
        var row = statement.executeQuery("select max(started_at) from panel_backup where status = 'COMPLETED'")) {
      row.next();
      return Optional.ofNullable(row.getTimestamp(1)).map(java.sql.Timestamp::toInstant);
    }
  }

  private Optional<Instant> newestFile() {
    var directory = settings.get(Setting.CHOM_PANEL_BACKUP_DIRECTORY);
    if (directory.isEmpty()) {
      return Optional.empty();
    }
    try (var files = Files.list(Path.of(directory.get()))) {
      return files.filter(Files::isRegularFile).flatMap(file -> BackupFile.header(file).stream())
          .map(BackupHeader::made).max(Comparator.naturalOrder());
    } catch (IOException | InvalidPathException _) {
      return Optional.empty();
    }
  }
}
