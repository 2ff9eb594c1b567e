package io.chom.backups;

import io.chom.sites.SiteName;
import java.util.List;

/**
 * What stands around every list of a tenant's backups.
 *
 * @param storedBytes how much all of them need where they are kept
 * @param sites by domain
 * @param storage by size, the largest first
 */
public record BackupShelf(long storedBytes, List<SiteName> sites, List<SiteStorage> storage) {}
