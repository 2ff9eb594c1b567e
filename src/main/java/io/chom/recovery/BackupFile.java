package io.chom.recovery;

import io.chom.recovery.RecoveryRefused.Reason;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;
import java.util.zip.ZipException;
import tools.jackson.core.JacksonException;

/** A copy of the panel in a file: there under its name only when it is whole, was read back and says what was written. */
public final class BackupFile {
  static final String ENDING = ".backup";
  private static final String TABLE = "table/";
  private static final int BUFFER = 256 * 1024;

  private BackupFile() {}

  /**
   * What a file holds.
   *
   * @param masterKey the key that seals secrets in the database
   * @param rows of each table
   */
  public record Contents(BackupHeader header, String masterKey, Map<String, Long> rows, About about, About.End end) {
    public long allRows() {
      return rows.values().stream().mapToLong(Long::longValue).sum();
    }

    @Override
    public String toString() {
      return "Contents[" + header + "]";
    }
  }

  /** What anybody may read of a file; empty where it is none of ours. */
  public static Optional<BackupHeader> header(Path file) {
    try (var in = new BufferedInputStream(Files.newInputStream(file))) {
      return Optional.of(BackupHeader.read(in).header());
    } catch (IOException | RecoveryRefused _) {
      return Optional.empty();
    }
  }

  /** Reads a file to its end, and answers what is in it; nothing is believed of one that is not whole. */
  public static Contents check(Path file, String passphrase) {
    return check(file, new Opener(passphrase));
  }

  static Contents check(Path file, Opener opener) {
    return read(file, opener, (table, rows) -> {});
  }

  /** Takes the rows of a table as they are read, all of them or not. */
  interface Rows {
    void of(About.Table table, InputStream rows) throws IOException, SQLException;
  }

  /** The same, for one who also wants the rows. He must be able to take back what he did with them. */
  static Contents read(Path file, Opener opener, Rows rows) {
    try (var in = new BufferedInputStream(Files.newInputStream(file), BUFFER)) {
      var lines = BackupHeader.read(in);
      var sealed = new SealedInput(in, lines.open(opener));
      try (var packed = new InflaterInputStream(sealed, new java.util.zip.Inflater(), BUFFER)) {
        var contents = contents(lines.header(), new Parts.Reader(packed), rows);
        if (packed.read() >= 0 || sealed.read() >= 0) {
          throw new RecoveryRefused(Reason.DAMAGED, "The file goes on after its end");
        }
        return contents;
      }
    } catch (java.nio.file.NoSuchFileException e) {
      throw new RecoveryRefused(Reason.FILE, "There is no file " + file, e);
    } catch (ZipException | java.io.EOFException | JacksonException e) {
      throw new RecoveryRefused(Reason.DAMAGED, "What the file holds cannot be read (" + e.getMessage() + ")", e);
    } catch (IOException e) {
      throw new RecoveryRefused(Reason.FILE, file + " cannot be read: " + e.getMessage(), e);
    } catch (SQLException e) {
      throw new RecoveryRefused(Reason.DATABASE, "The database does not take the rows: " + e.getMessage(), e);
    }
  }

  private static Contents contents(BackupHeader header, Parts.Reader parts, Rows rows)
      throws IOException, SQLException {
    var about = About.read(parts.read(About.PART), About.class);
    var keys = About.read(parts.read(About.Keys.PART), About.Keys.class);
    var found = new TreeMap<String, Long>();
    for (var table : about.tables()) {
      var part = parts.next();
      if (!part.name().equals(TABLE + table.name())) {
        throw new RecoveryRefused(Reason.DAMAGED, "The file lacks the table " + table.name());
      }
      var counted = new CountedLines(part.content());
      rows.of(table, counted);
      counted.transferTo(java.io.OutputStream.nullOutputStream());
      found.put(table.name(), counted.lines());
    }
    var end = About.read(parts.read(About.End.PART), About.End.class);
    if (!end.rows().equals(found)) {
      throw new RecoveryRefused(Reason.DAMAGED, "The file does not hold as many rows as were written");
    }
    return new Contents(header, keys.masterKey(), found, about, end);
  }

  /**
   * Writes a copy of the database that the connection leads to.
   *
   * @param owner a connection of the owner's, which is used up
   * @return the size of the file
   */
  static long write(Path file, Connection owner, String masterKey, String passphrase, String chom) {
    var part = part(file);
    try {
      Files.deleteIfExists(part);
      var opener = new Opener(passphrase);
      var written = writePart(part, owner, masterKey, opener, chom);
      var readBack = check(part, opener);
      if (!readBack.rows().equals(written) || !readBack.masterKey().equals(masterKey)) {
        throw new RecoveryRefused(Reason.DAMAGED, "What was read back from " + file.getParent()
            + " is not what was written: look at that disk");
      }
      refuseExisting(file);
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
      try (var directory = FileChannel.open(file.resolveSibling("."), StandardOpenOption.READ)) {
        directory.force(true);
      }
      return Files.size(file);
    } catch (IOException e) {
      throw new RecoveryRefused(Reason.FILE, "The backup cannot be written to " + file + " (" + e.getMessage()
          + "): make room there and see that this user may write", e);
    } catch (SQLException e) {
      throw new RecoveryRefused(Reason.DATABASE, "The database cannot be read: " + e.getMessage(), e);
    } finally {
      removePart(file);
    }
  }

  private static Map<String, Long> writePart(Path part, Connection owner, String masterKey, Opener opener,
      String chom) throws IOException, SQLException {
    var mine = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    try (var copy = DatabaseCopy.begin(owner);
        var channel = FileChannel.open(part, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), mine);
        var out = new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER)) {
      var header = new BackupHeader(chom, Instant.now(), copy.about().newest(), copy.postgresql());
      var sealed = new SealedOutput(out, header.write(out, opener));
      var rows = writeParts(copy, masterKey, sealed);
      sealed.finish();
      channel.force(true);
      return rows;
    }
  }

  private static Map<String, Long> writeParts(DatabaseCopy copy, String masterKey, SealedOutput sealed)
      throws IOException, SQLException {
    var fast = new Deflater(Deflater.BEST_SPEED);
    try {
      var packed = new DeflaterOutputStream(sealed, fast, BUFFER);
      var parts = new Parts.Writer(packed);
      parts.write(About.PART, About.bytes(copy.about()));
      parts.write(About.Keys.PART, About.bytes(new About.Keys(masterKey)));
      var rows = new HashMap<String, Long>();
      for (var table : copy.about().tables()) {
        try (var body = parts.begin(TABLE + table.name())) {
          rows.put(table.name(), copy.rows(table, body));
        }
      }
      parts.write(About.End.PART, About.bytes(new About.End(copy.sequences(), rows)));
      packed.finish();
      return rows;
    } finally {
      fast.end();
    }
  }

  static void refuseExisting(Path file) {
    if (Files.exists(file)) {
      throw new RecoveryRefused(Reason.FILE, file + " is there already: name another file, or a directory");
    }
  }

  private static Path part(Path file) {
    return file.resolveSibling("." + file.getFileName() + ".part");
  }

  /** What is left of a file that was never finished. */
  static void removePart(Path file) {
    try {
      Files.deleteIfExists(part(file));
    } catch (IOException _) {
      // nobody takes it for a backup by that name
    }
  }

  /** Counts rows: in PostgreSQL's text a line end is always the end of one. */
  private static final class CountedLines extends java.io.FilterInputStream {
    private long lines;

    CountedLines(InputStream in) {
      super(in);
    }

    long lines() {
      return lines;
    }

    @Override
    public int read() throws IOException {
      int one = super.read();
      if (one == '\n') {
        lines++;
      }
      return one;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
      int some = super.read(into, from, length);
      for (int i = from; i < from + some; i++) {
        if (into[i] == '\n') {
          lines++;
        }
      }
      return some;
    }
  }
}
