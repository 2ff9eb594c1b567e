package io.chom.operations;

import io.chom.common.Uuid7;
import java.util.UUID;

/** Names one operation: in the panel's table, in the agent's journal on the server, and in event streams. */
public record OperationId(UUID value) {
  static OperationId fresh() {
    return new OperationId(Uuid7.next());
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
