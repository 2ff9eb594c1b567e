package io.chom.servers;

import org.jspecify.annotations.Nullable;

/**
 * Which servers a list shows.
 *
 * @param search a part of the name or the address; null for all
 * @param status null for all that are in the fleet
 * @param before the last server of the page before; null for the first page
 */
public record ServerFilter(@Nullable String search, @Nullable ServerStatus status, @Nullable ServerId before,
    int limit) {}
