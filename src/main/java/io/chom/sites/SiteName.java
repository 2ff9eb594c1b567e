package io.chom.sites;

/** A site to choose from a list. */
public record SiteName(SiteId id, String domain) {}
