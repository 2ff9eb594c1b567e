package io.chom.backups;

import io.chom.common.ChomException;

/** A server looked at a place for backups and did not get in; what it says tells how far it came. */
public class TargetCheckFailed extends ChomException {
  private final String code;

  TargetCheckFailed(String code, String message) {
    super(message, null);
    this.code = code;
  }

  @Override
  public String code() {
    return code;
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
