package io.chom.operations;

import io.chom.common.ChomException;

/** Another worker holds the operation now; this one must not report anything any more. */
public class LeaseLost extends ChomException {
  public LeaseLost(OperationId operation) {
    super("Operation " + operation + " is held by another worker", null);
  }

  @Override
  public String code() {
    return "LEASE_LOST";
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
