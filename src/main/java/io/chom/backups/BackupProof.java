package io.chom.backups;

/** Whether somebody has restored a backup and looked at what came of it. */
public enum BackupProof {
  /** Nobody has; it may be good. */
  UNPROVEN,
  /** It was restored on the side, and all of it was as it had been when it was taken. */
  PROVEN,
  /** It was restored on the side, and something was missing or different. */
  BROKEN
}
