package io.chom.web.sites;

import io.chom.web.support.Badge;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A database in its site's list, every word ready.
 *
 * @param failure a sentence, where it failed
 * @param showHref where to see the password; null unless this reader may, once
 * @param renewHref where to ask for a new password; null where that cannot be
 * @param dropHref where to drop it; null where that cannot be
 * @param faults what was wrong with the form that asked to drop it
 */
public record DatabaseRow(String id, String name, String database, Badge state, @Nullable String failure,
    @Nullable String showHref, @Nullable String renewHref, @Nullable String dropHref, List<String> faults) {}
