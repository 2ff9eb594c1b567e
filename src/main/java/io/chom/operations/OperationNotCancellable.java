package io.chom.operations;

import io.chom.common.ChomException;

/** The operation is over, its work cannot be stopped half-way, or its server may still answer. */
public class OperationNotCancellable extends ChomException {
  private final boolean over;

  OperationNotCancellable(Operation operation, boolean over) {
    super(over
        ? "The operation is over: it is " + operation.status()
        : operation.type() + " cannot be taken back at this moment. Wait for its end.", null);
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
