package io.chom.backups;

import io.chom.common.ChomException;

/** No such backup, or not this tenant's or this site's: these cannot be told apart. */
public class BackupNotFound extends ChomException {
  public BackupNotFound(BackupId backup) {
    super("No backup " + backup, null);
  }

  @Override
  public String code() {
    return "BACKUP_NOT_FOUND";
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
