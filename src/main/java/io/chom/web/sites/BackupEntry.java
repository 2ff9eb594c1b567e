package io.chom.web.sites;

import io.chom.web.support.Badge;
import io.chom.web.support.Moment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A backup on its site's page, every word ready.
 *
 * @param proof whether it is good; null while there is nothing to prove
 * @param facts how much it holds; empty while nobody knows
 * @param proven what came of looking at it, and {@code provenAt} when; null while nobody has
 * @param skipped what was not looked at, in a sentence; null where that is nothing
 * @param reasons why it is broken
 * @param pinned whether it is kept whatever its schedule says, {@code pinHref} where to turn that; null for who may not
 * @param failure a sentence, where it failed
 * @param proveHref where to have it looked at, {@code restoreHref} to restore it, {@code downloadHref}
 *        to have it come to one's computer, {@code removeHref} to remove it; null
 *        where that cannot be
 */
public record BackupEntry(String id, String type, Moment created, Badge state, @Nullable Badge proof, String facts,
    @Nullable String proven, @Nullable Moment provenAt, @Nullable String skipped, List<String> reasons,
    @Nullable String failure, @Nullable String proveHref, @Nullable String restoreHref, @Nullable String downloadHref,
    @Nullable String removeHref,
    boolean pinned, @Nullable String pinHref) {}
