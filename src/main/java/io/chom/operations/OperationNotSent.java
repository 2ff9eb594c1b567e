package io.chom.operations;

import io.chom.common.ChomException;
import org.jspecify.annotations.Nullable;

/** The server could not be reached before anything was sent: trying again is harmless. */
public class OperationNotSent extends ChomException {
  private final String code;

  public OperationNotSent(String code, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  @Override
  public String code() {
    return code;
  }

  @Override
  public boolean retryable() {
    return true;
  }
}
