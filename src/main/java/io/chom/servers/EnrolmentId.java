package io.chom.servers;

import io.chom.common.Uuid7;
import java.util.UUID;

/** Names one attempt to take a server into the fleet. */
public record EnrolmentId(UUID value) {
  static EnrolmentId fresh() {
    return new EnrolmentId(Uuid7.next());
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
