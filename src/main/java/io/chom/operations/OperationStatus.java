package io.chom.operations;

import java.util.Set;

/** Where an operation is in its life, and where it may go from there. */
public enum OperationStatus {
  QUEUED, RUNNING, CANCELLING, SUCCEEDED, FAILED, CANCELLED;

  /** The states that may follow this one; none for an end state. */
  public Set<OperationStatus> next() {
    return switch (this) {
      case QUEUED -> Set.of(RUNNING, CANCELLED, FAILED);
      case RUNNING -> Set.of(SUCCEEDED, FAILED, CANCELLING, QUEUED);
      case CANCELLING -> Set.of(CANCELLED, SUCCEEDED, FAILED);
      case SUCCEEDED, FAILED, CANCELLED -> Set.of();
    };
  }

  /** Whether nothing can change any more. */
  public boolean ended() {
    return next().isEmpty();
  }
}
