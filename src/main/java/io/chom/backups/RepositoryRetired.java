package io.chom.backups;

import io.chom.tenancy.TenantId;

/** A backup failed because its repository is damaged; the next goes into another. Published in the transaction that says so. */
record RepositoryRetired(TenantId tenant, BackupId failed) {}
