package io.chom.backups;

import java.util.Locale;
import java.util.Set;

/** What of a site a backup holds, and what of it a restore replaces. */
public enum BackupType {
  FULL, FILES, DATABASE;

  /** The word the agent and the API use. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** What can be restored from one of this type. */
  Set<BackupType> parts() {
    return this == FULL ? Set.of(FULL, FILES, DATABASE) : Set.of(this);
  }

  /**
   * Reads a word that somebody sent.
   *
   * @param field where it stood
   * @throws BackupRefused it is none of the known types
   */
  public static BackupType of(String word, String field) {
    for (var type : values()) {
      if (type.word().equals(word)) {
        return type;
      }
    }
    throw new BackupRefused(BackupRefused.Reason.UNKNOWN_TYPE, field);
  }
}
