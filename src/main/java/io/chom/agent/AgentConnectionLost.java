package io.chom.agent;

import org.jspecify.annotations.Nullable;

/** The connection to the agent's server ended under a channel that was open. What was asked on it is not known. */
public final class AgentConnectionLost extends AgentException {

  public AgentConnectionLost(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public boolean retryable() {
    return true;
  }

  @Override
  public String code() {
    return "AGENT_CONNECTION_LOST";
  }
}
