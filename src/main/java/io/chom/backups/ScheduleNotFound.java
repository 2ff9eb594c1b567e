package io.chom.backups;

import io.chom.common.ChomException;

/** The site has no schedule by that id. */
public class ScheduleNotFound extends ChomException {

  public ScheduleNotFound(ScheduleId id) {
    super("There is no schedule " + id + " of this site", null);
  }

  @Override
  public String code() {
    return "SCHEDULE_NOT_FOUND";
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
