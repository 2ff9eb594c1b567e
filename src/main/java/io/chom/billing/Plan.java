package io.chom.billing;

/**
 * What a tier allows; {@link #UNLIMITED} for no limit.
 *
 * @param backupDays how long backups are kept at most
 * @param apiCallsPerHour how many calls one token may make
 */
public record Plan(String tier, int maxSites, int maxStorageGb, int backupDays, int apiCallsPerHour) {
  /** The number that stands for "no limit". */
  public static final int UNLIMITED = -1;

  /** Whether one more fits beside those there are. */
  boolean allowsOneMoreSite(long sites) {
    return maxSites == UNLIMITED || sites < maxSites;
  }
}
