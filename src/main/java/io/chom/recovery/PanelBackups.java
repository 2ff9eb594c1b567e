package io.chom.recovery;

import io.chom.recovery.RecoveryRefused.Reason;
import io.chom.tenancy.DatabaseLogin;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/** Makes copies of one panel, one at a time, and remembers each in the panel's database. */
public final class PanelBackups {
  /** The session that makes one holds it: it ends with that session, however that ends. */
  private static final long LOCK = 0x43484f4d_4241L;
  private static final DateTimeFormatter NAME = DateTimeFormatter.ofPattern("'chom-panel-'yyyyMMdd'T'HHmmss'Z'")
      .withZone(ZoneOffset.UTC);
  private static final String NO_SUCH_TABLE = "42P01";

  private final DatabaseLogin owner;
  private final String masterKey;
  private final String passphrase;

  /**
   * @param owner the role chom_owner
   * @param masterKey as in CHOM_MASTER_KEY; it goes into the copies
   * @param passphrase opens the copies
   */
  public PanelBackups(DatabaseLogin owner, String masterKey, String passphrase) {
    this.owner = owner;
    this.masterKey = masterKey;
    this.passphrase = passphrase;
  }

  /** A copy that is whole. */
  public record Written(Path file, long bytes) {}

  /** Who asks for a copy. */
  public enum By {
    CLOCK, COMMAND
  }

  /**
   * Makes one now.
   *
   * @param place an existing directory, or a file that is not there yet
   */
  public Written write(Path place) {
    return write(place, By.COMMAND, Duration.ZERO).orElseThrow();
  }

  /** Makes one unless the clock of another node began one within this time, or one is being made. */
  Optional<Written> writeIfDue(Path directory, Duration every) {
    return write(directory, By.CLOCK, every);
  }

  private Optional<Written> write(Path place, By by, Duration every) {
    if (by == By.CLOCK && !Files.isDirectory(place)) {
      throw new RecoveryRefused(Reason.FILE, "There is no directory " + place.toAbsolutePath()
          + ": make it, or mount the disk that it is on");
    }
    var file = file(place);
    try (var session = Sql.connect(owner)) {
      if (!Sql.lock(session, LOCK)) {
        if (by == By.CLOCK) {
          return Optional.empty();
        }
        throw busy(session);
      }
      buryTheDead(session);
      if (by == By.CLOCK && Sql.is(session, "select exists (select from panel_backup where status = 'COMPLETED'"
          + " and started_by = 'clock' and started_at > now() - make_interval(secs => ?))",
          (double) every.toSeconds())) {
        return Optional.empty();
      }
      return Optional.of(new Written(file, write(session, file, by)));
    } catch (SQLException e) {
      throw new RecoveryRefused(Reason.DATABASE, NO_SUCH_TABLE.equals(e.getSQLState())
          ? "The database is older than this CHOM: back it up with the version that runs it, or start this one once"
          : "The database does not answer " + owner.user() + ": " + e.getMessage(), e);
    }
  }

  /** Call it with the lock: nobody is at work, so whoever said so has died. */
  private static void buryTheDead(Connection session) throws SQLException {
    var files = Sql.list(session,
        "update panel_backup set status = 'FAILED', finished_at = now(), failure = 'Whoever made"
            + " it ended before it was whole' where status = 'RUNNING' returning file",
        row -> Path.of(row.getString(1)));
    files.forEach(BackupFile::removePart);
  }

  private long write(Connection session, Path file, By by) throws SQLException {
    var id = Sql.one(session, "insert into panel_backup (status, started_by, host, file) values ('RUNNING', ?, ?, ?)"
        + " returning id", row -> row.getObject(1, UUID.class), by.name().toLowerCase(java.util.Locale.ROOT), host(),
        file.toString());
    try (var reading = Sql.connect(owner)) {
      long size = BackupFile.write(file, reading, masterKey, passphrase, version());
      Sql.update(session, "update panel_backup set status = 'COMPLETED', finished_at = now(), size_bytes = ?"
          + " where id = ?", size, id);
      return size;
    } catch (RecoveryRefused | SQLException e) {
      Sql.update(session, "update panel_backup set status = 'FAILED', finished_at = now(), failure = ? where id = ?",
          String.valueOf(e.getMessage()), id);
      throw e;
    }
  }

  private static RecoveryRefused busy(Connection session) throws SQLException {
    var who = Sql.list(session, "select file || ' on ' || host from panel_backup where status = 'RUNNING'"
        + " order by started_at desc limit 1", row -> row.getString(1));
    return new RecoveryRefused(Reason.IN_USE, "Another backup of this panel is being made"
        + (who.isEmpty() ? "" : " (" + who.getFirst() + ")") + ": wait for it, then ask again");
  }

  private static Path file(Path place) {
    var absolute = place.toAbsolutePath().normalize();
    var file = Files.isDirectory(absolute)
        ? absolute.resolve(NAME.format(Instant.now()) + BackupFile.ENDING)
        : absolute;
    var directory = Objects.requireNonNull(file.getParent(), "an absolute file has a directory");
    if (!Files.isDirectory(directory)) {
      throw new RecoveryRefused(Reason.FILE, "There is no directory " + directory + ": make it first");
    }
    BackupFile.refuseExisting(file);
    return file;
  }

  /**
   * Removes the oldest of this panel's finished copies that are in a directory here, but never the newest ones.
   *
   * @return what went
   */
  List<Path> prune(Path directory, int keep) {
    var absolute = directory.toAbsolutePath().normalize();
    try (var session = Sql.connect(owner)) {
      var ours = Sql.list(session, "select file from panel_backup where status = 'COMPLETED' and started_by = 'clock'"
          + " order by started_at desc", row -> Path.of(row.getString(1))).stream()
          .filter(file -> absolute.equals(file.getParent()) && Files.isRegularFile(file)).distinct().toList();
      var over = ours.subList(Math.min(Math.max(keep, 1), ours.size()), ours.size());
      for (var file : over) {
        Files.deleteIfExists(file);
      }
      return over;
    } catch (SQLException | IOException e) {
      throw new RecoveryRefused(Reason.FILE, "Old backups in " + directory + " cannot be removed: " + e.getMessage(),
          e);
    }
  }

  static String version() {
    return Objects.requireNonNullElse(PanelBackups.class.getPackage().getImplementationVersion(), "development");
  }

  static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException _) {
      return "unknown";
    }
  }
}
