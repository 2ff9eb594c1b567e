package io.chom.backups;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What is to be downloaded of a backup.
 *
 * @param path one file or directory, relative to the site's home, with FILES, written as a backup's list of files has it
 *        ({@code %XX} for what is not printable ASCII, and for {@code %}); null for all
 * @param database one database, with DATABASE; null for all
 * @param compressed whether it comes compressed by gzip
 */
public record DownloadWish(BackupType part, @Nullable String path, @Nullable String database, boolean compressed) {
  private static final int LONGEST = 4096;
  private static final Pattern OUTSIDE = Pattern.compile("(^|/)\\.{0,2}(/|$)|%00");
  private static final Pattern CODE = Pattern.compile("%(0[1-9A-F]|1[0-9A-F]|25|7F|[89A-F][0-9A-F])");

  /** What was typed, as it was typed or as a list has it; an empty path or database is none. */
  public static DownloadWish of(String part, @Nullable String path, @Nullable String database, boolean compressed) {
    var file = path == null || path.isEmpty() ? null : written(path);
    if (file != null && (file.length() > LONGEST || OUTSIDE.matcher(file).find())) {
      throw new DownloadRefused(DownloadRefused.Reason.PATH_INVALID, "path");
    }
    return new DownloadWish(BackupType.of(part, "what"), file, database == null || database.isEmpty() ? null : database,
        compressed);
  }

  private static String written(String typed) {
    var written = new StringBuilder();
    var codes = CODE.matcher(typed);
    for (int at = 0; at < typed.length();) {
      if (codes.find(at) && codes.start() == at) {
        written.append(codes.group());
        at = codes.end();
        continue;
      }
      int point = typed.codePointAt(at);
      at += Character.charCount(point);
      if (point >= ' ' && point <= '~' && point != '%') {
        written.appendCodePoint(point);
      } else {
        for (byte one : Character.toString(point).getBytes(StandardCharsets.UTF_8)) {
          written.append('%').append("%02X".formatted(one));
        }
      }
    }
    return written.toString();
  }

  /** The last name in the path, as people write it. */
  static String lastName(String path) {
    var name = path.substring(path.lastIndexOf('/') + 1);
    var bytes = new ByteArrayOutputStream();
    for (int at = 0; at < name.length(); at++) {
      if (name.charAt(at) == '%' && at + 2 < name.length()) {
        bytes.write(Integer.parseInt(name.substring(at + 1, at + 3), 16));
        at += 2;
      } else {
        bytes.write(name.charAt(at));
      }
    }
    return bytes.toString(StandardCharsets.UTF_8).replaceAll("\\p{Cntrl}", "_");
  }

  /** @throws BackupRefused the backup does not hold it */
  void requireIn(BackupView backup) {
    if (!backup.parts().contains(part)) {
      throw new BackupRefused(BackupRefused.Reason.NOT_IN_BACKUP, "what");
    }
    if (path != null && part != BackupType.FILES) {
      throw new BackupRefused(BackupRefused.Reason.NOT_IN_BACKUP, "path");
    }
    if (database != null && (part != BackupType.DATABASE || !backup.databases().contains(database))) {
      throw new BackupRefused(BackupRefused.Reason.NOT_IN_BACKUP, "database");
    }
  }
}
