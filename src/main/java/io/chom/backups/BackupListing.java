package io.chom.backups;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What lies in one place of a backup.
 *
 * @param next what to ask for after these; null where these are all
 */
public record BackupListing(List<Entry> entries, @Nullable String next) {

  /**
   * A directory, file, link, database or table.
   *
   * @param name as it is written, to be asked for again; {@code shown} as a person knows it
   * @param type as the agent calls it
   * @param size in bytes; of a directory, of all below it
   * @param files of a directory, how many are below it
   * @param changedAt null where nobody wrote that down
   */
  public record Entry(String name, String shown, String type, long size, long files, @Nullable Instant changedAt,
      long tables, long rows) {
    public boolean isDirectory() { return type.equals("directory"); }
  }
}
