package io.chom.tenancy;

import java.util.UUID;

/** Names one tenant. */
public record TenantId(UUID value) {
  /** Owns shared servers and what operators start, so that every row has a tenant. */
  public static final TenantId PLATFORM = new TenantId(UUID.fromString("00000000-0000-7000-8000-000000000001"));
  /** No tenant: owns no row. */
  public static final TenantId NONE = new TenantId(new UUID(0, 0));

  @Override
  public String toString() {
    return value.toString();
  }
}
