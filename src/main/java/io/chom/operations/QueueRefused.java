package io.chom.operations;

import io.chom.common.ChomException;

/** What was asked of the queue cannot be done as it was asked; the message says how it can. */
public class QueueRefused extends ChomException {
  private final String code;

  public QueueRefused(String code, String message) {
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
