package io.chom.operations;

import io.chom.common.ChomException;

/** No such operation, or not this tenant's: the two cannot be told apart. */
public class OperationNotFound extends ChomException {
  public OperationNotFound(OperationId operation) {
    super("No operation " + operation, null);
  }

  @Override
  public String code() {
    return "OPERATION_NOT_FOUND";
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
