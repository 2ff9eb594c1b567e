package io.chom.sites;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A site as its tenant sees it.
 *
 * @param server its server's id, {@code serverName} what its tenant may know of it
 * @param unixUser the system user that owns its files and runs its PHP
 * @param storageAt when its storage was measured; null while nobody has
 * @param failure a sentence, where its status is FAILED
 * @param halfRestored whether it failed between two states, so that only a restore makes it whole
 */
public record SiteView(SiteId id, String domain, SiteType type, @Nullable String phpVersion, SiteStatus status,
    UUID server, String serverName, String publicHost, String unixUser, @Nullable String documentRoot,
    long storageUsedMb, @Nullable Instant storageAt, boolean sslEnabled, @Nullable Instant sslExpiresAt,
    @Nullable String failure, boolean halfRestored, Instant createdAt) {}
