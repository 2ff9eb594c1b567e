package io.chom.sites;

/**
 * A site that somebody wants gone.
 *
 * @param typedName what the person typed to confirm; must be the site's domain
 * @param purge whether its files go at once; otherwise the server retains them
 */
public record DeleteSite(String typedName, boolean purge) {}
