package io.chom.agent;

import tools.jackson.databind.JsonNode;

/** The agent's last word on a request. A refusal is an answer, not a failure. */
public sealed interface AgentReply {

  /** It is done. */
  record Done(JsonNode data) implements AgentReply {}

  /**
   * It will not or could not be done.
   *
   * @param code stable and upper case, e.g. {@code SITE_EXISTS}
   */
  record Refused(String code, String message, boolean retryable) implements AgentReply {}
}
