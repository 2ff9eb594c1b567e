package io.chom.operations;

import io.chom.common.ChomException;

/** The operation is over, or its work cannot be stopped half-way. */
public class OperationNotCancellable extends ChomException {
  private final boolean over;

  OperationNotCancellable(Operation operation, boolean over) {
    super(over
        ? "The operation is over: it is " + operation.status()
        : operation.type() + " cannot be stopped half-way. Wait for its end.", null);
    this.over = over;
  }

  @Override
  public String code() {
    return over ? "OPERATION_OVER" : "OPERATION_NOT_CANCELLABLE";
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
