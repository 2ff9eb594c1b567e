package io.chom.backups;

import io.chom.common.ChomException;
import io.chom.servers.ServerDownload;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A backup on its way from its server, the first bytes of it here. Little of it is in memory at any moment. */
public final class BackupDownload implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BackupDownload.class);
  /** So little that whoever takes it slowly does not hold up the next look. */
  private static final int CHUNK = 8 * 1024;
  private static final long LOOK_AGAIN = Duration.ofSeconds(5).toNanos();
  /** In {@link #PATIENCE} at least so much; a place is not held for whoever takes less. */
  private static final int SLOWEST = 64 * 1024;
  private static final long PATIENCE = Duration.ofMinutes(1).toNanos();
  private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("yyyyMMdd-HHmm").withZone(ZoneOffset.UTC);

  private final BackupView backup;
  private final DownloadWish wish;
  private final ServerDownload given;
  private final Watch watch;
  private long bytes;
  private boolean over;
  private LongSupplier nanos = System::nanoTime;

  /** Keeps the book of it. */
  interface Watch {
    /** False where it may not go on. */
    boolean goesOn(long bytes);

    void ended(boolean whole, long bytes);
  }

  BackupDownload(BackupView backup, DownloadWish wish, ServerDownload given, Watch watch) {
    this.backup = backup;
    this.wish = wish;
    this.given = given;
    this.watch = watch;
  }

  /** By another clock. */
  BackupDownload timedBy(LongSupplier clock) {
    nanos = clock;
    return this;
  }

  private boolean archive() {
    return given.prepared().path("kind").asString("").equals("tar");
  }

  public String fileName() {
    return name() + (archive() ? ".tar" : "") + (wish.compressed() ? ".gz" : "");
  }

  private String name() {
    var path = wish.path();
    if (path != null && !archive()) {
      return DownloadWish.lastName(path);
    }
    var part = wish.database() != null
        ? wish.database()
        : path != null ? DownloadWish.lastName(path) : wish.part().word();
    return backup.domain() + "-" + part + "-" + DAY.format(backup.createdAt()) + (archive() ? "" : ".sql");
  }

  /** Never one that a browser would show. */
  public String contentType() {
    return wish.compressed() ? "application/gzip" : archive() ? "application/x-tar" : "application/octet-stream";
  }

  /** How long it will be, where that is known. */
  public OptionalLong length() {
    var size = given.prepared().path("bytes");
    return size.isNumber() ? OptionalLong.of(size.asLong()) : OptionalLong.empty();
  }

  /**
   * Copies it to its end, as fast as it is taken there.
   *
   * @throws DownloadCutOff it came to no proper end, and what went out is worth nothing
   * @throws IOException whoever took it is gone
   */
  public void copyTo(OutputStream out) throws IOException {
    try {
      out.write(given.first());
      bytes = given.first().length;
      copyRest(out);
    } catch (RuntimeException e) {
      // whatever it was: to answer anything else now would be taken for a part of it
      LOG.warn("A download of backup {} was cut off after {} bytes: {}", backup.id(), bytes, e.getMessage());
      throw new DownloadCutOff(e instanceof ChomException known ? known.code() : "INTERNAL");
    }
    end(true);
  }

  private void copyRest(OutputStream out) throws IOException {
    var chunk = new byte[CHUNK];
    long looked = nanos.getAsLong();
    long then = bytes;
    long waited = 0;
    for (int read = given.read(chunk); read >= 0; read = given.read(chunk)) {
      long begun = nanos.getAsLong();
      out.write(chunk, 0, read);
      bytes += read;
      long now = nanos.getAsLong();
      // a server that is slow to give is not the reader's fault
      waited += now - begun;
      if (now - looked > LOOK_AGAIN) {
        if (!watch.goesOn(bytes)) {
          throw new DownloadCutOff("It may not go on");
        }
        looked = now;
      }
      if (waited > PATIENCE && bytes - then < SLOWEST) {
        throw new DownloadCutOff("It is taken too slowly");
      } else if (bytes - then >= SLOWEST) {
        then = bytes;
        waited = 0;
      }
    }
  }

  private void end(boolean whole) {
    if (!over) {
      over = true;
      try {
        watch.ended(whole, bytes);
      } catch (RuntimeException e) {
        LOG.warn("What became of a download of backup {} was not written down: {}", backup.id(), e.getMessage());
      }
    }
  }

  @Override
  public void close() {
    try {
      given.close();
    } finally {
      end(false);
    }
  }
}
