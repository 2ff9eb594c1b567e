package io.chom.sites;

import io.chom.common.ChomException;

/** No such site, or not this tenant's: the two cannot be told apart. */
public class SiteNotFound extends ChomException {
  public SiteNotFound(SiteId site) {
    super("No site " + site, null);
  }

  @Override
  public String code() {
    return "SITE_NOT_FOUND";
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
