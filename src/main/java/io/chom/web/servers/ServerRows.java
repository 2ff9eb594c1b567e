package io.chom.web.servers;

import io.chom.servers.FailingLayer;
import io.chom.servers.ServerId;
import io.chom.servers.ServerStatus;
import io.chom.servers.ServerView;
import io.chom.web.support.Badge;
import io.chom.web.support.Moment;
import io.chom.web.support.Words;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Puts servers into words. */
final class ServerRows {
  private ServerRows() {}

  static ServerRow of(ServerView server, Words words) {
    return new ServerRow(server.id().toString(), "/servers/" + server.id(), server.name(),
        address(server.host(), server.port()), state(server.status(), words), trouble(server.failingLayer(), words),
        Objects.requireNonNullElseGet(server.os(), () -> words.say("servers.system.unknown")),
        Objects.requireNonNullElseGet(server.agentVersion(), () -> words.say("servers.agent.none")),
        words.say("servers.sites.of", server.sites(), server.capacitySites()), heard(server, words));
  }

  static String address(String host, int port) {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }

  static Badge state(ServerStatus status, Words words) {
    String tone = switch (status) {
      case READY -> "ok";
      case ENROLLING, PREPARING, DECOMMISSIONING -> "busy";
      case DECOMMISSIONED -> "quiet";
      case MAINTENANCE -> "warn";
      case UNREACHABLE, HOST_KEY_CHANGED, FAILED -> "bad";
    };
    return new Badge(tone, words.say("server.status." + status));
  }

  /** The event that says a server has this status. Its page, which knows its own, listens for the others. */
  static String isNow(ServerId server, ServerStatus status) {
    return "server-is-" + status + "-" + server;
  }

  private static @Nullable String trouble(@Nullable FailingLayer layer, Words words) {
    return layer == null ? null : words.say("server.trouble." + layer);
  }

  /** A look that failed heard nothing. */
  private static @Nullable Moment heard(ServerView server, Words words) {
    var at = server.healthAt();
    return at == null || server.failingLayer() != null ? null : words.moment(at);
  }
}
