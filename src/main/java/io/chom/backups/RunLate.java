package io.chom.backups;

import io.chom.sites.SiteId;
import io.chom.tenancy.TenantId;
import java.time.Instant;

/** A run of a schedule was not started in time. Published in the transaction that says so, once for each run. */
public record RunLate(TenantId tenant, SiteId site, BackupType type, Instant dueAt) {}
