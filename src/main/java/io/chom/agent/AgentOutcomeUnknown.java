package io.chom.agent;

import org.jspecify.annotations.Nullable;

/** The request was sent and no answer came: it may have been done, or still be going on. Ask the agent; do not call it failed. */
public final class AgentOutcomeUnknown extends AgentException {

  public AgentOutcomeUnknown(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public boolean retryable() {
    return true;
  }

  @Override
  public String code() {
    return "OUTCOME_UNKNOWN";
  }
}
