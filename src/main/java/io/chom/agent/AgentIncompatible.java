package io.chom.agent;

import org.jspecify.annotations.Nullable;

/** The agent speaks another version of the language than the panel. */
public final class AgentIncompatible extends AgentException {

  public AgentIncompatible(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public boolean retryable() {
    return false;
  }

  @Override
  public String code() {
    return "AGENT_INCOMPATIBLE";
  }
}
