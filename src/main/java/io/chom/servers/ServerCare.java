package io.chom.servers;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a server itself is looked after, as operators see it.
 *
 * @param maintenance null while nobody works on it
 * @param keySince since when the panel logs in with the present key
 * @param rotating whether a second key is let in at the moment
 * @param release names the very content of its agent; null or empty while that is not known
 * @param upgradable whether this panel ships another agent than the one there
 * @param tended whether its key or agent can be exchanged now
 * @param leftBehind what a decommissioned server may still have of the panel's
 */
public record ServerCare(@Nullable MaintenanceNote maintenance, Instant keySince, boolean rotating,
    @Nullable String release, boolean upgradable, boolean tended, @Nullable Instant decommissionedAt,
    List<String> leftBehind) {}
