package io.chom.sites;

import io.chom.servers.ServerId;
import org.jspecify.annotations.Nullable;

/**
 * A site that somebody wants.
 *
 * @param phpVersion such as {@code 8.2}; null for a static site, or for the server's own version
 * @param server where it shall live; null lets the panel choose
 * @param idempotencyKey the same key asked for again answers the site it already made
 */
public record CreateSite(DomainName domain, SiteType type, @Nullable String phpVersion,
    @Nullable ServerId server, @Nullable String idempotencyKey) {}
