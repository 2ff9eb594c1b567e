package io.chom.sites;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A site as another room needs it that does something for it; deleted ones included. */
public record KnownSite(SiteId id, UUID server, String domain, String unixUser, SiteStatus status, SiteType type,
    @Nullable String phpVersion) {
  static KnownSite of(Site site) {
    return new KnownSite(new SiteId(site.id()), site.server(), site.domain(), site.unixUser(), site.status(),
        SiteType.of(site.type()), site.phpVersion());
  }

  /** Whether it is there and nothing is being changed about it as a whole. */
  public boolean settled() {
    return status == SiteStatus.ACTIVE || status == SiteStatus.DISABLED;
  }
}
