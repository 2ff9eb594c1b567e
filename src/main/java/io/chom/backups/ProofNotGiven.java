package io.chom.backups;

import io.chom.sites.SiteId;
import io.chom.tenancy.TenantId;

/**
 * A backup was to be looked at on another server than its site's, and no answer came of it that counts. Published in the
 * transaction that says so.
 */
record ProofNotGiven(TenantId tenant, SiteId site, BackupId backup) {}
