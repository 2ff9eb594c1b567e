package io.chom.operations;

import io.chom.common.ChomException;
import org.jspecify.annotations.Nullable;

/** The work cannot be done, and asking again would get the same answer. */
public class OperationRefused extends ChomException {
  private final String code;

  public OperationRefused(String code, String message, @Nullable Throwable cause) {
    super(message, cause);
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
