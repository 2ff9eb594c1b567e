package io.chom.recovery;

import io.chom.tenancy.DatabaseLogins;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;

/** The copies that the panel makes of itself: one when it is due, whichever node looks; a trouble is told, not hidden. */
@Service
public class ScheduledPanelBackup {
  private static final Logger LOG = LoggerFactory.getLogger(ScheduledPanelBackup.class);

  private final PanelBackupProperties properties;
  private final DatabaseLogins logins;
  private final String masterKey;
  private final JdbcClient jdbc;
  private final Counter made;
  private final Counter failed;
  private volatile @Nullable BackupStanding standing;
  private volatile @Nullable Instant looksSince;
  private volatile @Nullable String trouble;

  ScheduledPanelBackup(PanelBackupProperties properties, DatabaseLogins logins, Environment environment,
      JdbcClient jdbc, MeterRegistry registry) {
    this.properties = properties;
    this.logins = logins;
    this.masterKey = environment.getProperty("chom.master-key", "");
    this.jdbc = jdbc;
    this.made = runs(registry, "made");
    this.failed = runs(registry, "failed");
    Gauge.builder("chom.panel.backup.age", this, ScheduledPanelBackup::age)
        .description("Seconds since the newest whole backup of the panel was begun; no number where there is none")
        .register(registry);
    Gauge.builder("chom.panel.backup.missed", this, self -> self.trouble == null ? 0 : 1)
        .description("1 while the panel's own backup failed or was not made in time").register(registry);
  }

  private static Counter runs(MeterRegistry registry, String outcome) {
    return Counter.builder("chom.panel.backups").description("Backups of the panel by its own clock")
        .tag("outcome", outcome).register(registry);
  }

  private double age() {
    var known = standing;
    return known == null || known.lastGood() == null
        ? Double.NaN
        : Duration.between(known.lastGood(), known.now()).toSeconds();
  }

  /** What an operator must know of them now, as a sentence. */
  public Optional<String> trouble() {
    return Optional.ofNullable(trouble);
  }

  /** Makes one if it is due, and none is being made. Every node asks, again and again. */
  public Optional<Path> makeIfDue() {
    var now = look();
    if (!properties.enabled() || !now.due(properties.every())) {
      judge(now);
      return Optional.empty();
    }
    try {
      var directory = Path.of(properties.directory());
      var backups = new PanelBackups(logins.migration(), masterKey, passphrase());
      var written = backups.writeIfDue(directory, properties.every());
      written.ifPresent(one -> {
        made.increment();
        LOG.info("The panel was backed up to {} ({} bytes)", one.file(), one.bytes());
        backups.prune(directory, properties.keep()).forEach(old -> LOG.info("Removed the panel's old backup {}", old));
      });
      judge(look());
      return written.map(PanelBackups.Written::file);
    } catch (RecoveryRefused e) {
      failed.increment();
      tell("The panel could not be backed up: " + e.getMessage());
      return Optional.empty();
    }
  }

  private String passphrase() {
    if (properties.passphraseFile().isBlank()) {
      return properties.passphrase();
    }
    try {
      return Files.readString(Path.of(properties.passphraseFile())).strip();
    } catch (IOException e) {
      throw new RecoveryRefused(RecoveryRefused.Reason.FILE, "CHOM_BACKUP_PASSPHRASE_FILE cannot be read: "
          + e.getMessage(), e);
    }
  }

  private BackupStanding look() {
    var now = jdbc.sql(BackupStanding.QUESTION).query((row, n) -> new BackupStanding(row.getTimestamp(1).toInstant(),
        maybe(row.getTimestamp(2)), maybe(row.getTimestamp(3)), maybe(row.getTimestamp(4)), row.getString(5))).single();
    standing = now;
    if (looksSince == null) {
      looksSince = now.now();
    }
    return now;
  }

  private void judge(BackupStanding now) {
    if (!properties.enabled()) {
      return;
    }
    if (now.failure() != null) {
      tell("The panel could not be backed up: " + now.failure());
    } else if (now.missed(properties.every(), java.util.Objects.requireNonNull(looksSince))) {
      tell("The panel has no backup of the last " + properties.every().toHours() + " hours: look whether "
          + properties.directory() + " can be written to and a node with CHOM_WORKER=true runs");
    } else {
      trouble = null;
    }
  }

  /** Once, and again when it is another one. */
  private void tell(String sentence) {
    if (!sentence.equals(trouble)) {
      LOG.error("{}", sentence);
    }
    trouble = sentence;
  }

  private static @Nullable Instant maybe(@Nullable Timestamp time) {
    return time == null ? null : time.toInstant();
  }
}
