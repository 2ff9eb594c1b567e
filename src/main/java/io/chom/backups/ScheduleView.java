package io.chom.backups;

import io.chom.sites.SiteId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A schedule as its tenant sees it.
 *
 * @param next when its next run is due; null while it is off
 * @param upcoming the first few times from then on
 */
public record ScheduleView(ScheduleId id, SiteId site, ScheduleWish wish, Rhythm rhythm, boolean enabled,
    @Nullable Instant next, List<Instant> upcoming) {}
