package io.chom.backups;

import io.chom.sites.SiteId;

/**
 * What a site's backups need in one place.
 *
 * @param siteThere whether the site is
 * @param bytes as the server last said
 */
public record SiteStorage(SiteId site, String domain, boolean siteThere, String target, TargetKind kind, long backups,
    long bytes) {}
