package io.chom.backups;

import io.chom.agent.AgentCommand;
import io.chom.servers.QuestionRefused;
import io.chom.servers.ServerId;
import io.chom.servers.ServerQuestions;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;

/** Has a server look at a place for backups, as it will when it takes one there. */
@Component
class TargetCheck {
  /** The agent gives up after twenty seconds. */
  private static final Duration LIMIT = Duration.ofSeconds(25);
  private static final String BESIDE = "/chom-check";

  private final ServerQuestions servers;

  TargetCheck(ServerQuestions servers) {
    this.servers = servers;
  }

  /**
   * What a server saw.
   *
   * @param hostKey the one that the host shows; null where there is none
   * @param fingerprint of that
   * @param appendOnly whether what was written could not be taken away again
   */
  record Seen(@Nullable String hostKey, @Nullable String fingerprint, boolean appendOnly) {}

  /**
   * Gets in, writes, reads it back and takes it away again. Call it outside a transaction.
   *
   * @throws TargetCheckFailed that did not go
   * @throws io.chom.servers.ServerNotReached the server that was to look does not answer
   */
  Seen getIn(ServerId from, String location, Map<String, Object> arguments, Map<String, String> secrets) {
    var answer = ask(from, location, arguments, secrets);
    if (!answer.path("ok").asBoolean(false)) {
      throw new TargetCheckFailed("TARGET_NOT_REACHED", "The server did not get in there");
    }
    return seen(answer);
  }

  /** Which key the host of an SFTP place shows; nothing of it is opened. Fails as {@link #getIn}. */
  Seen scan(ServerId from, String location, Map<String, Object> arguments, Map<String, String> secrets) {
    var without = new HashMap<>(arguments);
    without.remove(TargetReach.HOST_KEY);
    var seen = seen(ask(from, location, without, secrets));
    if (seen.hostKey() == null || seen.fingerprint() == null) {
      throw new TargetCheckFailed("HOST_KEY_UNKNOWN", "The host did not show a key that can be remembered");
    }
    return seen;
  }

  private JsonNode ask(ServerId from, String location, Map<String, Object> arguments, Map<String, String> secrets) {
    var all = new HashMap<>(arguments);
    all.put("repository", location + BESIDE);
    try {
      return servers.ask(from, new AgentCommand("target:check", all, secrets), LIMIT);
    } catch (QuestionRefused e) {
      throw new TargetCheckFailed(e.code(), String.valueOf(e.getMessage()));
    }
  }

  private static Seen seen(JsonNode answer) {
    var key = answer.path("host_key").asString("");
    boolean appendOnly = answer.path("append_only").asBoolean(false);
    return TargetReach.isHostKey(key)
        ? new Seen(key, TargetReach.fingerprint(key), appendOnly)
        : new Seen(null, null, appendOnly);
  }
}
