package io.chom.operations;

import io.chom.common.ChomException;

/** A failed change cannot be asked for once more, or not from this operation. */
public class OperationNotRepeatable extends ChomException {
  private final String code;

  public OperationNotRepeatable(String code, String message) {
    super(message, null);
    this.code = code;
  }

  @Override
  public String code() {
    return code;
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
