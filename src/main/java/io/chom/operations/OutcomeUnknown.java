package io.chom.operations;

import io.chom.common.ChomException;
import org.jspecify.annotations.Nullable;

/** The work was sent and the server has gone silent: it may be running, done or refused. Only the server can tell. */
public class OutcomeUnknown extends ChomException {
  public OutcomeUnknown(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public String code() {
    return "OUTCOME_UNKNOWN";
  }

  @Override
  public boolean retryable() {
    return true;
  }
}
