package io.chom.accounts;

import io.chom.tenancy.TenantId;

/** Somebody's place in one tenant. */
public record Membership(TenantId tenant, String tenantName, String slug, Role role) {}
