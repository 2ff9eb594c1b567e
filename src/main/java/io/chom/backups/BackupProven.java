package io.chom.backups;

import io.chom.tenancy.TenantId;

/** Somebody has looked at a backup. Published in the transaction that says what came of it. */
record BackupProven(TenantId tenant, BackupId backup, BackupProof outcome) {}
