package io.chom.sites;

import java.util.Set;

/** Where a database is in its life, and where it may go from there. */
public enum DatabaseStatus {
  CREATING, CHANGING, ACTIVE, FAILED, DROPPING, DROPPED;

  /** The states that may follow this one. */
  public Set<DatabaseStatus> next() {
    return switch (this) {
      case CREATING -> Set.of(ACTIVE, FAILED);
      case ACTIVE -> Set.of(CHANGING, DROPPING);
      // FAILED: whether the old or the new password holds is not known
      case CHANGING -> Set.of(ACTIVE, FAILED);
      case FAILED -> Set.of(CREATING, DROPPING);
      // back to what it was: the drop was cancelled before it began
      case DROPPING -> Set.of(DROPPED, FAILED, ACTIVE);
      case DROPPED -> Set.of();
    };
  }
}
