package io.chom.backups;

import io.chom.tenancy.TenantId;

/** A server keeps a place for backups from now on; told when that is committed. */
record TargetMade(TenantId tenant, TargetId target) {}
