package io.chom.agent;

import org.jspecify.annotations.Nullable;

/**
 * What a server's journal says of an operation.
 *
 * @param state ACCEPTED, RUNNING, SUCCEEDED, FAILED, CANCELLED, INTERRUPTED, SEALED, or UNKNOWN if it never arrived
 * @param reply its end, if it has one
 */
public record AgentOperation(String state, @Nullable String command, @Nullable String fence,
    @Nullable AgentReply reply) {

  /** The server never heard of it. */
  public boolean unknown() {
    return state.equals("UNKNOWN");
  }

  /** Nothing more will happen to it. */
  public boolean ended() {
    return switch (state) {
      case "SUCCEEDED", "FAILED", "CANCELLED", "INTERRUPTED", "SEALED" -> true;
      default -> false;
    };
  }
}
