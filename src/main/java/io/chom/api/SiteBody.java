package io.chom.api;

import io.chom.sites.SiteView;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A site as the API shows it. */
record SiteBody(UUID id, String domain, String type, @Nullable String phpVersion, String status, UUID serverId,
    String serverName, String publicHost, String systemUser, @Nullable String documentRoot, long storageUsedMb,
    @Nullable Instant storageAt, boolean sslEnabled, @Nullable Instant sslExpiresAt, @Nullable String failure,
    Instant createdAt) {

  static SiteBody of(SiteView site) {
    return new SiteBody(site.id().value(), site.domain(), site.type().word(), site.phpVersion(), site.status().name(),
        site.server(), site.serverName(), site.publicHost(), site.unixUser(), site.documentRoot(),
        site.storageUsedMb(), site.storageAt(), site.sslEnabled(), site.sslExpiresAt(), site.failure(),
        site.createdAt());
  }
}
