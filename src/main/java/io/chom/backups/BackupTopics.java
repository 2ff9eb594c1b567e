package io.chom.backups;

/** The live topics on which backups announce that something about them has changed. */
public final class BackupTopics {
  /** Any backup of the tenant; one of a site is also announced on that site's topic. */
  public static final String ALL = "backups";

  /** Any place of the tenant's where backups go. */
  public static final String TARGETS = "backup-targets";

  private BackupTopics() {}
}
