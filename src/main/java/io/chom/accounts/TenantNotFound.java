package io.chom.accounts;

import io.chom.common.ChomException;
import io.chom.tenancy.TenantId;

/** There is no such tenant for this person, whether or not it exists for others. */
public class TenantNotFound extends ChomException {
  public TenantNotFound(TenantId tenant) {
    super("No tenant " + tenant, null);
  }

  @Override
  public String code() {
    return "TENANT_NOT_FOUND";
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
