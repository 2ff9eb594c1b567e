package io.chom.backups;

import java.util.Set;

/** Where a backup is in its life, and where it may go from there. */
public enum BackupStatus {
  /** Asked for, or being taken. */
  RUNNING,
  /** It is there, and its server has read its own record of it back. */
  COMPLETED, FAILED,
  /** It was removed. */
  EXPIRED;

  /** The states that may follow this one. */
  public Set<BackupStatus> next() {
    return switch (this) {
      case RUNNING -> Set.of(COMPLETED, FAILED);
      case COMPLETED -> Set.of(EXPIRED);
      // RUNNING: once more what failed
      case FAILED -> Set.of(RUNNING, EXPIRED);
      case EXPIRED -> Set.of();
    };
  }
}
