package io.chom.tenancy;

import io.chom.common.ChomException;

/** Code stepped into another tenant while a transaction of the first one was open. */
public final class TenantChangedInTransaction extends ChomException {
  TenantChangedInTransaction(TenantId from, TenantId to) {
    super("This transaction belongs to tenant " + from + "; tenant " + to + " needs one of its own (REQUIRES_NEW)",
        null);
  }

  @Override
  public boolean retryable() {
    return false;
  }

  @Override
  public String code() {
    return "INTERNAL";
  }
}
