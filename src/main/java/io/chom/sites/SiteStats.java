package io.chom.sites;

/**
 * The four numbers of the overview.
 *
 * @param sslExpiringSoon certificates that end within 30 days and have not ended yet
 */
public record SiteStats(long totalSites, long activeSites, long storageUsedMb, long sslExpiringSoon) {}
