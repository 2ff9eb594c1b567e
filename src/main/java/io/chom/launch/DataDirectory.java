package io.chom.launch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Set;
import java.util.function.Supplier;

/** The directory that holds everything the embedded parts keep. One panel at a time; nobody else may look inside. */
final class DataDirectory implements AutoCloseable {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final String MASTER_KEY = "master.key";

  private final Path root;
  private final FileChannel lockFile;
  private final FileLock lock;

  private DataDirectory(Path root, FileChannel lockFile, FileLock lock) {
    this.root = root;
    this.lockFile = lockFile;
    this.lock = lock;
  }

  static DataDirectory open(Path wanted) {
    try {
      Files.createDirectories(wanted);
      Path root = wanted.toRealPath();
      Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx------"));
      return lock(root);
    } catch (IOException | UnsupportedOperationException e) {
      throw new StartRefused("CHOM cannot use its data directory " + wanted + " (" + e
          + "): make it writable for this user, or set CHOM_DATA_DIR to another", e);
    }
  }

  private static DataDirectory lock(Path root) throws IOException {
    Path path = root.resolve("lock");
    FileChannel file = FileChannel.open(path,
        Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE), ownerOnly("rw-------"));
    FileLock lock;
    try {
      lock = file.tryLock();
    } catch (OverlappingFileLockException _) {
      lock = null;
    }
    if (lock == null) {
      String owner = Files.readString(path).strip();
      file.close();
      throw new StartRefused("Another panel (process " + owner + ") is already running on " + root
          + ": stop it first, or set CHOM_DATA_DIR (and CHOM_PORT) to start a second one");
    }
    file.truncate(0).write(ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.UTF_8)));
    return new DataDirectory(root, file, lock);
  }

  Path path(String name) {
    return root.resolve(name);
  }

  /** A directory in here, private to this user, made when missing. */
  Path directory(String name) {
    try {
      return makePrivate(path(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Path makePrivate(Path directory) throws IOException {
    return Files.createDirectories(directory, ownerOnly("rwx------"));
  }

  /** The password kept under this name; made at the first call. */
  String password(String name) {
    return kept(name, () -> HexFormat.of().formatHex(random(24)));
  }

  /**
   * The key that seals secrets in the database; made at the first call.
   *
   * @throws StartRefused there is a database already: a new key would open nothing in it, and be in the right one's way
   */
  String masterKey() {
    if (Files.notExists(path(MASTER_KEY)) && Files.exists(path(EmbeddedPostgresql.DIRECTORY))) {
      throw new StartRefused("There is a database in " + root + ", and no " + MASTER_KEY + " for it: put its key back;"
          + " where a restore did not end, give restore-panel again with the same backup");
    }
    return kept(MASTER_KEY, () -> Base64.getEncoder().encodeToString(random(32)));
  }

  /** A small text kept between starts. */
  String kept(String name, Supplier<String> first) {
    try {
      Path file = path(name);
      if (Files.notExists(file)) {
        keep(name, first.get());
      }
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void keep(String name, String value) {
    try {
      write(path(name), value + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Written whole or not at all, for this user alone: a half-written key would lock everybody out. */
  static void write(Path file, String text) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(fresh);
    try (FileChannel channel = FileChannel.open(fresh, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
        ownerOnly("rw-------"))) {
      channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
      channel.force(true);
    }
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    RANDOM.nextBytes(bytes);
    return bytes;
  }

  private static java.nio.file.attribute.FileAttribute<?> ownerOnly(String permissions) {
    return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions));
  }

  @Override
  public void close() {
    try {
      lock.release();
      lockFile.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
