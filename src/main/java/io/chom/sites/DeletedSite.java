package io.chom.sites;

import java.time.Instant;

/**
 * A deleted site that can be brought back.
 *
 * @param until until when
 */
public record DeletedSite(SiteId id, String domain, SiteType type, String serverName, Instant deletedAt,
    Instant until) {}
