package io.chom.web.sites;

import io.chom.sites.CreateSite;
import io.chom.sites.DomainName;
import io.chom.sites.SiteType;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What was typed to create a site.
 *
 * @param requestKey made with the empty form, so that a double click makes one site
 */
public record CreateSiteForm(@Nullable String domain, @Nullable String type, @Nullable String requestKey) {

  /** @throws io.chom.sites.SiteRefused what was typed cannot be a site */
  CreateSite toCommand() {
    return new CreateSite(DomainName.parse(Objects.requireNonNullElse(domain, "")),
        SiteType.of(Objects.requireNonNullElse(type, "")), null, null, requestKey);
  }
}
