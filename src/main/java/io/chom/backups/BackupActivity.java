package io.chom.backups;

/** What is being done with a backup that is there; one thing at a time. */
public enum BackupActivity {
  PROVING, RESTORING, REMOVING
}
