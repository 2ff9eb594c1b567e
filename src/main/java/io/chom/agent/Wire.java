package io.chom.agent;

import io.chom.agent.Frame.Output;
import io.chom.agent.Frame.Part;
import io.chom.agent.Frame.Progress;
import io.chom.agent.Frame.Result;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/** The agent's language: one JSON object a line. */
final class Wire {
  static final int PROTOCOL = 1;
  // beyond ASCII as escapes, so that no byte on the wire can be taken for a line's end or a control character
  private static final JsonMapper JSON = JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  private Wire() {}

  /** A request's line without its end. */
  static byte[] request(String id, AgentCommand command, @Nullable UUID operation, long fence, int most) {
    refuseControlCharacters(command.args(), command.name());
    refuseControlCharacters(command.secrets(), command.name());
    var frame = JSON.createObjectNode().put("v", PROTOCOL).put("id", id).put("command", command.name());
    frame.set("args", JSON.valueToTree(command.args()));
    if (!command.secrets().isEmpty()) {
      frame.set("secrets", JSON.valueToTree(command.secrets()));
    }
    if (operation != null) {
      // as text: the agent's JSON reader would round large numbers
      frame.put("operation", operation.toString()).put("fence", Long.toString(fence));
    }
    var line = JSON.writeValueAsString(frame).getBytes(StandardCharsets.UTF_8);
    if (line.length > most) {
      throw new AgentRequestInvalid("The request " + command.name() + " has " + line.length
          + " bytes; at most " + most + " fit into one. Send large content as a file.", null);
    }
    return line;
  }

  private static void refuseControlCharacters(@Nullable Object value, String command) {
    switch (value) {
      case String text -> {
        if (text.codePoints().anyMatch(Wire::unfit)) {
          throw new AgentRequestInvalid("An argument of " + command
              + " contains a control character (a line break or tab, for example). Remove it.", null);
        }
      }
      case Map<?, ?> map -> map.forEach((key, inner) -> {
        refuseControlCharacters(key, command);
        refuseControlCharacters(inner, command);
      });
      case Collection<?> list -> list.forEach(inner -> refuseControlCharacters(inner, command));
      case null, default -> {
        // numbers and booleans hold none
      }
    }
  }

  private static boolean unfit(int c) {
    return c < ' ' || c >= 0x7f && c <= 0x9f || c == 0x2028 || c == 0x2029 || c == 0xfffd
        || c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE;
  }

  /** One line as an object, or null if it is none. */
  static @Nullable JsonNode object(String line) {
    try {
      var node = JSON.readTree(line);
      return node != null && node.isObject() ? node : null;
    } catch (JacksonException e) {
      return null;
    }
  }

  static JsonNode tree(String text) {
    try {
      return JSON.readTree(text);
    } catch (JacksonException e) {
      throw new AgentProtocolBroken("The parts of an answer do not make one", e);
    }
  }

  static AgentHello hello(JsonNode frame) {
    var capabilities = new HashSet<String>();
    frame.path("capabilities").forEach(capability -> capabilities.add(capability.asString("")));
    var host = frame.path("host");
    return new AgentHello(frame.path("agent").asString("?"), frame.path("protocol").asInt(0), capabilities,
        host.path("os").asString("?"), host.path("hostname").asString("?"), frame.path("release").asString(""));
  }

  /** What a frame says, or null for a kind this version does not know. */
  static @Nullable Frame frame(JsonNode node) {
    var offset = node.path("offset").asLong(0);
    return switch (node.path("type").asString("")) {
      case "progress" -> new Progress(node.path("percent").asInt(0), node.path("step").asString(""), offset);
      case "output" -> new Output(node.path("stream").asString("stdout"), node.path("data").asString(""), offset);
      case "part" -> new Part(node.path("data").asString(""));
      case "result" -> new Result(reply(node), node.path("state").asString(null), node.path("parts").asInt(0));
      default -> null;
    };
  }

  static AgentReply reply(JsonNode result) {
    if (result.path("ok").asBoolean(false)) {
      var data = result.path("data");
      return new AgentReply.Done(data instanceof MissingNode ? JSON.createObjectNode() : data);
    }
    var error = result.path("error");
    return new AgentReply.Refused(error.path("code").asString("INTERNAL"),
        error.path("message").asString("The agent gave no reason"), error.path("retryable").asBoolean(false));
  }
}
