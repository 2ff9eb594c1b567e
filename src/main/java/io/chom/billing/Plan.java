package io.chom.billing;

/**
 * What a tier allows; {@link #UNLIMITED} for no limit.
 *
 * @param backupDays how long backups are kept at most
 */
public record Plan(String tier, int maxSites, int maxStorageGb, int backupDays) {
  /** The number that stands for "no limit". */
  public static final int UNLIMITED = -1;

  /** Whether one more fits beside those there are. */
  boolean allowsOneMoreSite(long sites) {
    return maxSites == UNLIMITED || sites < maxSites;
  }
}
