package io.chom.accounts;

import io.chom.tenancy.TenantId;

/** A tenant that somebody may look at. */
public record TenantName(TenantId id, String name, String slug) {}
