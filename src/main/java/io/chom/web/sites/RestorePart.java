package io.chom.web.sites;

import io.chom.backups.BackupType;
import org.jspecify.annotations.Nullable;

/**
 * What the form asks to restore: {@code full}, {@code files}, {@code database} for all of them, or
 * {@code database:shop} for one.
 */
record RestorePart(BackupType part, @Nullable String database) {
  private static final String ONE = "database:";

  /** @throws io.chom.backups.BackupRefused it is none of these */
  static RestorePart of(String word) {
    return word.startsWith(ONE)
        ? new RestorePart(BackupType.DATABASE, word.substring(ONE.length()))
        : new RestorePart(BackupType.of(word, "what"), null);
  }

  static String one(String database) {
    return ONE + database;
  }
}
