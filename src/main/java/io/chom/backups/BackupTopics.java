package io.chom.backups;

/** The live topics on which backups announce that something about them has changed. */
public final class BackupTopics {
  /** Any backup of the tenant; one of a site is also announced on that site's topic. */
  public static final String ALL = "backups";

  private BackupTopics() {}
}
