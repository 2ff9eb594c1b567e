package io.chom.web.backups;

import io.chom.web.support.Badge;
import io.chom.web.support.Moment;
import org.jspecify.annotations.Nullable;

/**
 * A backup in a list, every word ready.
 *
 * @param siteHref its site's page; null where the site is gone
 * @param proof whether it is good; null while there is nothing to prove
 * @param size how much the site had; empty while that is not known
 * @param failure a sentence, where it failed
 * @param target what the place is called where it lies
 * @param restoreHref where to restore it elsewhere, {@code removeHref} to remove it; null where that is done on its
 *        site's page, or cannot be
 * @param downloadHref where it comes to one's computer; null where it cannot
 */
public record BackupRow(String id, @Nullable String siteHref, String domain, String type, Badge state,
    @Nullable Badge proof, String size, Moment created, @Nullable String failure, @Nullable String restoreHref,
    @Nullable String removeHref, String target, @Nullable String downloadHref) {}
