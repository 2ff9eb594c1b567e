package io.chom.backups;

import io.chom.common.Uuid7;
import java.util.UUID;

/** Names a schedule. */
public record ScheduleId(UUID value) {

  static ScheduleId fresh() {
    return new ScheduleId(Uuid7.next());
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
