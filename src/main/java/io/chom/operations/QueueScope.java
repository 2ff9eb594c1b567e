package io.chom.operations;

import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/** What of the queue can be paused: all of it, a lane, or one server. Written {@code all}, {@code lane:scheduled}, {@code server:<id>}. */
public record QueueScope(String value) {
  private static final Pattern SERVER = Pattern.compile("server:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})");
  private static final Pattern KNOWN = Pattern.compile("all|lane:(interactive|scheduled)|" + SERVER.pattern());

  public static final QueueScope ALL = new QueueScope("all");

  /** @throws QueueRefused it names nothing of the queue */
  public QueueScope {
    if (!KNOWN.matcher(value).matches()) {
      throw new QueueRefused("QUEUE_SCOPE_UNKNOWN",
          "Name what to pause: all, lane:interactive, lane:scheduled, or server: and the id of a server");
    }
  }

  public static QueueScope of(Lane lane) {
    return new QueueScope("lane:" + lane.word());
  }

  public static QueueScope server(UUID server) {
    return new QueueScope("server:" + server);
  }

  /** The server it names, if it names one. */
  public Optional<UUID> server() {
    var one = SERVER.matcher(value);
    return one.matches() ? Optional.of(UUID.fromString(one.group(1))) : Optional.empty();
  }

  @Override
  public String toString() {
    return value;
  }
}
