package io.chom.backups;

import io.chom.common.ChomException;

/** No such place for backups, or another tenant's: these cannot be told apart. */
public class TargetNotFound extends ChomException {
  public TargetNotFound(TargetId target) {
    super("No backup target " + target, null);
  }

  @Override
  public String code() {
    return "BACKUP_TARGET_NOT_FOUND";
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
