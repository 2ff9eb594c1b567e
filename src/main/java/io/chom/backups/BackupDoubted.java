package io.chom.backups;

import io.chom.sites.SiteId;
import io.chom.tenancy.TenantId;

/** Nobody knows any more whether a backup is whole. Published in the transaction that says so. */
record BackupDoubted(TenantId tenant, SiteId site, BackupId backup) {}
