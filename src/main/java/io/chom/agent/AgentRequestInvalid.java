package io.chom.agent;

import org.jspecify.annotations.Nullable;

/** The request itself cannot be put on the wire; nothing was sent. */
public final class AgentRequestInvalid extends AgentException {

  public AgentRequestInvalid(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public boolean retryable() {
    return false;
  }

  @Override
  public String code() {
    return "AGENT_REQUEST_INVALID";
  }
}
