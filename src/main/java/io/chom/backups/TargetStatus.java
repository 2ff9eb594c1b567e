package io.chom.backups;

/** How it stands with a place for backups. */
public enum TargetStatus {
  /** Nobody has got in yet: nothing goes there. */
  NEW, READY,
  /** The last who looked did not get in. Backups still try to. */
  UNREACHABLE,
  /** Its server is taking it away. */
  REMOVING,
  /** It is kept for the history of what lay there. */
  REMOVED;

  /** Whether backups may go there. */
  public boolean usable() {
    return this == READY || this == UNREACHABLE;
  }
}
