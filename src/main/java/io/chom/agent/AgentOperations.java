package io.chom.agent;

import tools.jackson.databind.JsonNode;

/** Reads what an agent says of an operation. */
final class AgentOperations {

  private AgentOperations() {}

  static AgentOperation known(AgentReply reply) {
    return switch (reply) {
      case AgentReply.Done(JsonNode data) -> {
        var result = data.path("result");
        yield new AgentOperation(data.path("state").asString("UNKNOWN"), data.path("command").asString(null),
            data.path("fence").asString(null), result.isObject() ? Wire.reply(result) : null);
      }
      case AgentReply.Refused(String code, String message, boolean retryable) -> throw new AgentProtocolBroken(
          "The agent cannot say what became of an operation: " + message + " (" + code + ")", null);
    };
  }
}
