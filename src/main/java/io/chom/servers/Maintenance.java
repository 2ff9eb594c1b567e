package io.chom.servers;

import io.chom.audit.Audit;
import io.chom.common.Actor;
import io.chom.live.LiveEvents;
import io.chom.tenancy.TenantContext;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/**
 * Takes servers out of service for a while, and back. Nothing new is placed on such a server; what is asked for there
 * waits and says why; what is under way finishes. For operators: call it as the platform tenant.
 */
@Service
public class Maintenance {
  static final int LONGEST_REASON = 200;

  private final ServerRows rows;
  private final Audit audit;
  private final LiveEvents live;
  private final Clock clock;

  Maintenance(ServerRows rows, Audit audit, LiveEvents live, Clock clock) {
    this.rows = rows;
    this.audit = audit;
    this.live = live;
    this.clock = clock;
  }

  /**
   * Begins it; or, where it has begun, says another reason or time.
   *
   * @param reason what tenants are told
   * @param until when it should be over; null if nobody knows
   * @throws ServerNotFound there is none by that id for this tenant
   * @throws ServerRefused no reason, a time that is over, or the server is not in service
   */
  @Transactional
  public void begin(ServerId server, String reason, @Nullable Instant until, Actor actor) {
    var row = rows.lock(server).orElseThrow(() -> new ServerNotFound(server));
    var now = clock.instant().truncatedTo(ChronoUnit.MICROS);
    var said = checked(reason);
    if (until != null && !until.isAfter(now)) {
      throw new ServerRefused("MAINTENANCE_UNTIL_PAST", "That time is over. Enter a later one, or none.");
    }
    var before = row.upkeep().maintenance();
    switch (row.status()) {
      case READY, UNREACHABLE -> rows.become(row, ServerStatus.MAINTENANCE);
      case MAINTENANCE -> {
        // only the words change
      }
      default -> throw new ServerRefused("SERVER_NOT_IN_SERVICE",
          "Only a server that is in service can be taken out of it; " + row.name() + " is " + row.status() + ".");
    }
    rows.maintain(server, new MaintenanceNote(said, before == null ? now : before.since(), until, actor.label()));
    audit.record(actor, "server.maintenance.begin", "server", server.value(), row.name(),
        until == null ? Map.of("reason", said) : Map.of("reason", said, "until", until.toString()));
    announce(server);
  }

  /**
   * Puts it back into service, or to where it does not answer; what waited goes on at the next look, which is due at once.
   * Asked for twice it is refused the second time.
   *
   * @throws ServerNotFound there is none by that id for this tenant
   * @throws ServerRefused nobody works on it
   */
  @Transactional
  public void end(ServerId server, Actor actor) {
    var row = rows.lock(server).orElseThrow(() -> new ServerNotFound(server));
    if (row.status() != ServerStatus.MAINTENANCE) {
      throw new ServerRefused("SERVER_NOT_IN_MAINTENANCE", row.name() + " is not in maintenance.");
    }
    rows.become(row, row.failingLayer() == null ? ServerStatus.READY : ServerStatus.UNREACHABLE);
    rows.maintain(server, null);
    rows.lookAgain(server);
    audit.record(actor, "server.maintenance.end", "server", server.value(), row.name(), Map.of());
    announce(server);
  }

  private static String checked(String reason) {
    var said = reason.strip();
    if (said.isEmpty() || said.length() > LONGEST_REASON || said.chars().anyMatch(Character::isISOControl)) {
      throw new ServerRefused("MAINTENANCE_REASON_INVALID",
          "Say in 1 to " + LONGEST_REASON + " characters what is done; the tenants of the server read it.");
    }
    return said;
  }

  private void announce(ServerId server) {
    live.changedAfterCommit(TenantContext.current(), ServerTopics.ALL, ServerTopics.server(server));
  }
}
