package io.chom.web.servers;

import io.chom.servers.Difference;
import io.chom.servers.Drift;
import io.chom.servers.ServerStatus;
import io.chom.servers.ServerView;
import io.chom.web.support.Badge;
import io.chom.web.support.Words;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Puts into words how a server is looked after. */
@Component
class CarePages {
  private final Drift drift;
  private final Clock clock;

  CarePages(Drift drift, Clock clock) {
    this.drift = drift;
    this.clock = clock;
  }

  CarePage of(ServerView server, List<String> faults, Words words) {
    var care = server.care();
    var note = care.maintenance();
    var report = drift.of(server.id());
    var base = "/servers/" + server.id();
    return new CarePage(note == null ? null : note.reason(), note == null ? null : words.moment(note.since()),
        note == null || note.until() == null ? null : until(note.until(), words),
        maintainable(server.status()) ? base + "/maintenance" : null,
        server.status() == ServerStatus.MAINTENANCE ? base + "/maintenance/end" : null, words.moment(care.keySince()),
        care.tended() ? base + "/rotate-key" : null,
        server.protocol() == null ? null : words.say("server.agent.protocol", server.protocol()),
        release(server, words),
        care.tended() && care.upgradable() ? base + "/upgrade" : null,
        report.differences().stream().map(one -> line(one, words)).toList(),
        report.at() == null ? null : words.moment(report.at()),
        report.fault() == null ? null : words.say("server.trouble." + report.fault()),
        server.status().reachable() ? base + "/drift" : null,
        server.status().next().contains(ServerStatus.DECOMMISSIONING) ? base + "/decommission" : null,
        care.decommissionedAt() == null ? null : words.moment(care.decommissionedAt()), care.leftBehind(), faults);
  }

  private static boolean maintainable(ServerStatus status) {
    return status == ServerStatus.READY || status == ServerStatus.UNREACHABLE || status == ServerStatus.MAINTENANCE;
  }

  private String until(Instant until, Words words) {
    var moment = words.moment(until);
    return words.say(until.isBefore(clock.instant()) ? "server.maintenance.overdue" : "server.maintenance.until",
        moment.exact(), moment.relative());
  }

  private static @Nullable Badge release(ServerView server, Words words) {
    var release = server.care().release();
    if (release == null || release.isEmpty()) {
      return null;
    }
    return server.care().upgradable()
        ? new Badge("warn", words.say("server.agent.another"))
        : new Badge("ok", words.say("server.agent.newest"));
  }

  private static CarePage.Line line(Difference one, Words words) {
    var tone = switch (one.kind()) {
      case MISSING_ON_SERVER -> "bad";
      case UNKNOWN_TO_PANEL, DIFFERENT -> "warn";
    };
    var expected = one.expected();
    var found = one.found();
    String detail = expected != null && found != null
        ? words.say("server.drift.differs", expected, found)
        : expected != null ? expected : found != null ? found : "";
    return new CarePage.Line(new Badge(tone, words.say("server.drift." + one.kind())),
        words.say("server.drift.thing." + one.thing()), one.name(), detail);
  }
}
