package io.chom.launch;

import io.zonky.test.db.postgres.embedded.DefaultPostgresBinaryResolver;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/** Unpacks the PostgreSQL that travels in the jar. */
final class PostgresFiles {
  static final String VERSION = "18.6";
  static final String MAJOR = "18";

  private PostgresFiles() {}

  /** The directory with bin/ and lib/; unpacked at the first start of each version. */
  static Path unpacked(DataDirectory data) {
    Path home = data.directory("bin").resolve("postgresql-" + VERSION);
    if (Files.isDirectory(home)) {
      return home;
    }
    Path fresh = home.resolveSibling(home.getFileName() + ".new");
    try {
      delete(fresh);
      unpack(fresh);
      Files.move(fresh, home, StandardCopyOption.ATOMIC_MOVE);
      return home;
    } catch (IOException e) {
      throw new StartRefused("CHOM could not unpack its embedded PostgreSQL to " + home + " (" + e.getMessage()
          + "): make room there, or set CHOM_DATABASE_URL to a PostgreSQL of your own", e);
    }
  }

  private static void unpack(Path target) throws IOException {
    String system = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("mac") ? "Darwin" : "Linux";
    String machine = System.getProperty("os.arch").equals("aarch64") ? "arm_64" : "x86_64";
    try (InputStream packed = DefaultPostgresBinaryResolver.INSTANCE.getPgBinary(system, machine);
        var tar = new TarArchiveInputStream(new XZInputStream(packed))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        Path file = target.resolve(entry.getName()).normalize();
        if (!file.startsWith(target)) {
          throw new IOException("the archive names a file outside of it: " + entry.getName());
        }
        unpack(tar, entry, file);
      }
    } catch (IllegalStateException e) {
      throw new IOException("none is included for " + system + " on " + machine, e);
    }
  }

  private static void unpack(InputStream tar, TarArchiveEntry entry, Path file) throws IOException {
    if (entry.isDirectory()) {
      Files.createDirectories(file);
      return;
    }
    Files.createDirectories(file.resolveSibling(".").normalize());
    if (entry.isSymbolicLink()) {
      Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
      return;
    }
    Files.copy(tar, file);
    boolean program = (entry.getMode() & 0100) != 0;
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(program ? "rwx------" : "rw-------"));
  }

  static void delete(Path tree) throws IOException {
    if (Files.notExists(tree)) {
      return;
    }
    try (Stream<Path> files = Files.walk(tree)) {
      List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : deepestFirst) {
        Files.delete(file);
      }
    }
  }
}
