package io.chom.sites;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A site as its figures are told.
 *
 * @param unixUser what its server calls it
 * @param certificateEnds when its certificate does, if it has one
 */
public record MeasuredSite(SiteId id, String domain, String unixUser, @Nullable Instant certificateEnds) {}
