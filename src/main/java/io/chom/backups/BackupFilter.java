package io.chom.backups;

import io.chom.sites.SiteId;
import org.jspecify.annotations.Nullable;

/**
 * Which backups a list shows; null for any.
 *
 * @param status null for those that are not removed
 * @param before the last backup of the page before; null for the first page
 */
public record BackupFilter(@Nullable SiteId site, @Nullable BackupType type, @Nullable BackupStatus status,
    @Nullable BackupProof proof, @Nullable BackupId before, int limit) {
  /** As many as one page shows. */
  public static final int PAGE = 15;

  /** The last backups of one site. */
  public static BackupFilter of(SiteId site, int limit) {
    return new BackupFilter(site, null, null, null, null, limit);
  }
}
