package io.chom.tenancy;

/** Looks at a database as the panel's start does. */
public final class HalfRestored {
  private HalfRestored() {}

  /** Fails where a restore has not ended. */
  public static void look(DatabaseLogin login) {
    DatabaseGuard.whole(login);
  }
}
