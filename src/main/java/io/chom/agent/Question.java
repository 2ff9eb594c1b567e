package io.chom.agent;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Asks something that may be asked twice, until there is an answer or no time. */
final class Question {
  private static final int TRIES = 4;

  private final Gateways gateways;
  private final AgentProperties properties;
  private final AgentServer server;
  private final AgentCommand command;
  private final Until until;

  Question(Gateways gateways, AgentProperties properties, AgentServer server, AgentCommand command, Until until) {
    this.gateways = gateways;
    this.properties = properties;
    this.server = server;
    this.command = command;
    this.until = until;
  }

  static AgentCommand aboutOperation(String name, UUID operation, Map<String, Object> more) {
    var args = new HashMap<>(more);
    args.put("operation", operation.toString());
    return new AgentCommand(name, args);
  }

  AgentReply answer() {
    AgentException last = null;
    for (var attempt = 0; attempt < TRIES && !until.passed(); attempt++) {
      try {
        var result = once(gateways.get(server, until));
        if (result instanceof Frame.Result answer) {
          return answer.reply();
        }
        last = result instanceof Frame.Lost lost ? lost.why() : last;
      } catch (NotSent e) {
        // another channel costs nothing
      }
    }
    throw new AgentOutcomeUnknown("The agent on " + server + " did not answer " + command + " within "
        + until.limit().toMillis() + " ms" + (last == null ? "" : ": " + last.getMessage()), last);
  }

  private @Nullable Frame once(Gateway gateway) throws NotSent {
    var asked = System.nanoTime();
    try (var request = gateway.send(command, null, 0, until.atMost(properties.sendTimeout()))) {
      var parts = new StringBuilder();
      while (true) {
        var frame = request.next(until.left());
        switch (frame) {
          case null -> {
            gateway.probe();
            return new Frame.Lost(gateway.unanswered(Duration.ofNanos(System.nanoTime() - asked)));
          }
          case Frame.Part(String text) when parts.length() + text.length() <= properties.maxAnswer() ->
            parts.append(text);
          case Frame.Part tooMuch -> throw new AgentProtocolBroken("The agent's answer to " + command
              + " is longer than " + properties.maxAnswer() + " characters", null);
          case Frame.Result result -> {
            return whole(result, parts);
          }
          case Frame.Lost lost -> {
            return lost;
          }
          case Frame.Progress ignored -> {
          }
          case Frame.Output ignored -> {
          }
          case Frame.Overflow ignored -> {
            return null;
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AgentOutcomeUnknown("Interrupted while waiting for the agent on " + server, e);
    }
  }

  static Frame.Result whole(Frame.Result result, CharSequence parts) {
    return result.parts() > 0 && result.reply() instanceof AgentReply.Done
        ? new Frame.Result(new AgentReply.Done(Wire.tree(parts.toString())), result.state(), 0)
        : result;
  }
}
