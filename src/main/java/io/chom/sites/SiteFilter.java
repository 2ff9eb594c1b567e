package io.chom.sites;

import org.jspecify.annotations.Nullable;

/**
 * Which sites a list shows.
 *
 * @param search a part of the domain; null for all
 * @param before the last site of the page before; null for the first page
 */
public record SiteFilter(@Nullable String search, @Nullable SiteStatus status, @Nullable SiteId before, int limit) {}
