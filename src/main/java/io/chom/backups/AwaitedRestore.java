package io.chom.backups;

import io.chom.sites.SiteId;
import org.jspecify.annotations.Nullable;

/**
 * What a site was made for and has not come yet: until then the site is an empty one.
 *
 * @param source the backup's site, and {@code domain} its name
 * @param running whether it is on its way
 * @param failure a sentence, where it failed
 */
public record AwaitedRestore(BackupId backup, SiteId source, String domain, BackupType part, boolean running,
    @Nullable String failure) {}
