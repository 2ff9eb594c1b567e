package io.chom.sites;

import java.util.List;

/**
 * A page of sites with what can be brought back, as both stood at one moment.
 *
 * @param sites newest first
 * @param deleted the last deleted first
 */
public record SiteListing(List<SiteView> sites, List<DeletedSite> deleted) {}
