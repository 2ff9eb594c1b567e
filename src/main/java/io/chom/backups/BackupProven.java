package io.chom.backups;

import io.chom.sites.SiteId;
import io.chom.tenancy.TenantId;

/** Somebody has looked at a backup. Published in the transaction that says what came of it. */
public record BackupProven(TenantId tenant, SiteId site, BackupId backup, BackupProof outcome) {}
