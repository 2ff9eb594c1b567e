package io.chom.sites;

import java.util.Set;

/** Where a site is in its life, and where it may go from there. */
public enum SiteStatus {
  PROVISIONING, ACTIVE, DISABLED, UPDATING, RESTORING, FAILED, DELETING, DELETED;

  /** The states that may follow this one. */
  public Set<SiteStatus> next() {
    return switch (this) {
      case PROVISIONING -> Set.of(ACTIVE, FAILED);
      case ACTIVE -> Set.of(DISABLED, UPDATING, RESTORING, DELETING);
      case DISABLED -> Set.of(ACTIVE, UPDATING, RESTORING, DELETING);
      case UPDATING -> Set.of(ACTIVE, DISABLED, FAILED);
      // DELETED: nothing could be brought back, and nothing was changed
      case RESTORING -> Set.of(ACTIVE, DISABLED, FAILED, DELETED);
      // PROVISIONING, UPDATING, RESTORING: once more what failed
      case FAILED -> Set.of(PROVISIONING, UPDATING, RESTORING, DELETING);
      // back to what it was: the deletion was cancelled before it began
      case DELETING -> Set.of(DELETED, FAILED, ACTIVE, DISABLED);
      // as long as its server retains it
      case DELETED -> Set.of(RESTORING);
    };
  }
}
