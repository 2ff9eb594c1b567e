package io.chom.web.servers;

import io.chom.servers.ConnectionView;
import io.chom.servers.PoolView;
import io.chom.servers.ServerConnections;
import io.chom.servers.ServerId;
import io.chom.web.support.Badge;
import io.chom.web.support.Figure;
import io.chom.web.support.Moment;
import io.chom.web.support.Words;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Puts the connections to the servers into words. */
@Component
class ConnectionPages {
  private final ServerConnections connections;

  ConnectionPages(ServerConnections connections) {
    this.connections = connections;
  }

  ConnectionsPage page(Words words) {
    var pool = connections.pool();
    return new ConnectionsPage(words.moment(pool.at()), figures(pool, words),
        connections.list().stream().map(one -> row(one, words)).toList());
  }

  Moment now(Words words) {
    return words.moment(connections.now());
  }

  ConnectionRow of(ServerId server, Words words) {
    return row(connections.of(server), words);
  }

  private static List<Figure> figures(PoolView pool, Words words) {
    var since = words.moment(pool.since()).relative();
    return List.of(
        figure("stack-2", "open", words.count(pool.open()),
            words.say("connections.figure.open.note", words.count(pool.open() - pool.idle()), words.count(pool.idle()),
                words.count(pool.most())),
            words),
        figure("hourglass", "waiting", words.count(pool.waiting()),
            words.say("connections.figure.waiting.note", words.count(pool.channels()), words.count(pool.connecting())),
            words),
        answers(pool, words),
        figure("key", "logins", words.count(pool.logins()),
            words.say("connections.figure.logins.note", words.count(pool.failedLogins()), words.count(pool.killed()),
                words.count(pool.evicted()), since),
            words));
  }

  private static Figure answers(PoolView pool, Words words) {
    var median = pool.median();
    var p95 = pool.p95();
    var window = words.say("connections.figure.answers.window", pool.window().toMinutes());
    return median == null || p95 == null
        ? figure("clock", "answers", words.say("connections.no-data"), window, words)
        : figure("clock", "answers", millis(median, words),
            words.say("connections.figure.answers.note", millis(p95, words), window), words);
  }

  /** Agents answer within a millisecond: whole ones would say nothing. */
  private static String millis(Duration time, Words words) {
    return time.toMillis() >= 100
        ? words.duration(time)
        : words.say("connections.milliseconds", String.format(words.locale(), "%.1f", time.toNanos() / 1e6));
  }

  private static Figure figure(String icon, String key, String value, String note, Words words) {
    return new Figure(icon, words.say("connections.figure." + key), value, note);
  }

  static ConnectionRow row(ConnectionView one, Words words) {
    var heard = one.heard();
    var fault = one.fault();
    return new ConnectionRow("/servers/" + one.id(), one.name(), circuit(one, words), next(one, words),
        of(one.connections(), one.mostConnections(), words), of(one.channels(), one.places(), words),
        one.waiting() == 0 ? null : words.say("connections.waiting", one.waiting()),
        heard == null ? null : words.moment(heard),
        fault == null ? null : new ConnectionRow.Fault(fault.message(), words.moment(fault.at())));
  }

  private static String of(int some, int most, Words words) {
    return most == 0 ? words.count(some) : words.say("servers.sites.of", some, most);
  }

  private static Badge circuit(ConnectionView one, Words words) {
    String tone = switch (one.circuit()) {
      case UNUSED -> "quiet";
      case CLOSED -> one.connections() > 0 ? "ok" : "quiet";
      case OPEN -> "bad";
      case HALF_OPEN -> "warn";
    };
    String key = one.circuit() == ConnectionView.Circuit.CLOSED && one.connections() > 0
        ? "CONNECTED"
        : one.circuit().name();
    return new Badge(tone, words.say("connections.circuit." + key));
  }

  private static @Nullable String next(ConnectionView one, Words words) {
    return one.untilNextTry().isZero()
        ? null
        : words.say("connections.next", words.duration(one.untilNextTry()), one.faults());
  }
}
