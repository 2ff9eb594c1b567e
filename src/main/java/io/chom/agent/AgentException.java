package io.chom.agent;

import io.chom.common.ChomException;
import org.jspecify.annotations.Nullable;

/** The conversation with an agent failed; the type says what may have happened on the server. */
public abstract sealed class AgentException extends ChomException permits AgentNeverReached, AgentOutcomeUnknown,
    AgentConnectionLost, AgentProtocolBroken, AgentIncompatible, AgentRequestInvalid {

  AgentException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
