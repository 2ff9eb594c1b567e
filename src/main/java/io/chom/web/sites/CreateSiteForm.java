package io.chom.web.sites;

import org.jspecify.annotations.Nullable;

/**
 * What was typed to create a site.
 *
 * @param requestKey made with the empty form, so that a double click makes one site
 */
public record CreateSiteForm(@Nullable String domain, @Nullable String type, @Nullable String requestKey) {}
