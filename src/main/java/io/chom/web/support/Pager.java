package io.chom.web.support;

import org.jspecify.annotations.Nullable;

/**
 * Where a list goes on.
 *
 * @param first back to its start; null when this is the start
 * @param next null when this is the end
 */
public record Pager(@Nullable String first, @Nullable String next) {}
