package io.chom.agent;

import io.chom.common.ChomException;
import org.jspecify.annotations.Nullable;

/** Nothing of the request was sent: the same request may be made again later. The cause says which layer failed. */
public final class AgentNeverReached extends AgentException {

  public AgentNeverReached(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public boolean retryable() {
    return !(getCause() instanceof ChomException reason) || reason.retryable();
  }

  @Override
  public String code() {
    return "AGENT_NEVER_REACHED";
  }
}
