package io.chom.backups;

import io.chom.sites.SiteId;
import io.chom.tenancy.TenantId;

/** There is a new backup of a site. Published in the transaction that says so. */
record BackupTaken(TenantId tenant, SiteId site, BackupType type, BackupId backup) {}
