package io.chom.web.support;

import org.jspecify.annotations.Nullable;

/**
 * What went wrong, and the one thing to do next.
 *
 * @param reference what support needs to find it; null where there is nothing to find
 */
public record ErrorPage(int status, String title, String text, String href, String action,
    @Nullable String reference) {}
