package io.chom.agent;

import org.jspecify.annotations.Nullable;

/** What came back is not the agent's language. */
public final class AgentProtocolBroken extends AgentException {

  public AgentProtocolBroken(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public boolean retryable() {
    return true;
  }

  @Override
  public String code() {
    return "AGENT_PROTOCOL_BROKEN";
  }
}
