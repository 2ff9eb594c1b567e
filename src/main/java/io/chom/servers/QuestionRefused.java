package io.chom.servers;

import io.chom.common.ChomException;

/** A server's agent refused to answer a question, in its own words. */
public class QuestionRefused extends ChomException {
  private final String code;

  public QuestionRefused(String code, String message) {
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
