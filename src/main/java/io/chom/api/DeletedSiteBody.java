package io.chom.api;

import io.chom.sites.DeletedSite;
import java.time.Instant;
import java.util.UUID;

/**
 * A deleted site that can be brought back, as the API shows it.
 *
 * @param until until when
 */
record DeletedSiteBody(UUID id, String domain, String type, String serverName, Instant deletedAt, Instant until) {

  static DeletedSiteBody of(DeletedSite site) {
    return new DeletedSiteBody(site.id().value(), site.domain(), site.type().word(), site.serverName(),
        site.deletedAt(), site.until());
  }
}
