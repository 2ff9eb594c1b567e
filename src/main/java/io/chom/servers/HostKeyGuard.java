package io.chom.servers;

import io.chom.agent.Agent;
import io.chom.audit.Audit;
import io.chom.common.Actor;
import io.chom.live.LiveEvents;
import io.chom.operations.OperationNotSent;
import io.chom.operations.OperationRefused;
import io.chom.operations.OperationRun;
import io.chom.ssh.HostKey;
import io.chom.tenancy.TenantContext;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/** Stops everything for a server that shows another host key, until an operator has looked. */
@Component
class HostKeyGuard {
  private final ServerRows rows;
  private final ServerAddresses addresses;
  private final Agent agent;
  private final Audit audit;
  private final LiveEvents live;
  private final TransactionTemplate transaction;

  HostKeyGuard(ServerRows rows, ServerAddresses addresses, Agent agent, Audit audit, LiveEvents live,
      TransactionTemplate transaction) {
    this.rows = rows;
    this.addresses = addresses;
    this.agent = agent;
    this.audit = audit;
    this.live = live;
    this.transaction = transaction;
  }

  /**
   * Lets nothing through to a server that is not to be spoken to.
   *
   * @throws OperationNotSent it waits for an operator, or until it is enrolled again
   * @throws OperationRefused it was never enrolled
   */
  void refuseIfStopped(ServerRow row) {
    if (row.status() == ServerStatus.HOST_KEY_CHANGED) {
      throw stopped(row.name(), null);
    }
    if (row.status() == ServerStatus.DECOMMISSIONED) {
      throw new OperationRefused("SERVER_DECOMMISSIONED", row.name() + " has left the fleet.", null);
    }
    if (!row.status().reachable() && row.wasEnrolled()) {
      throw new OperationNotSent("SERVER_NOT_ENROLLED", row.name() + " is being enrolled again, or that failed. What is"
          + " promised to it goes on when it is enrolled.", null);
    }
    if (!row.status().reachable()) {
      throw new OperationRefused("SERVER_NOT_ENROLLED", row.name() + " is not enrolled. Enrol it first.", null);
    }
  }

  /**
   * Lets nothing begin on a server that is being worked on. What was sent may go on, and work on the server itself is what
   * the time is for.
   *
   * @throws OperationNotSent it waits, and says for what
   */
  static void refuseInMaintenance(ServerRow row, OperationRun run) {
    var note = row.upkeep().maintenance();
    if (row.status() == ServerStatus.MAINTENANCE && note != null && !run.maybeSent()
        && !run.operation().subject().kind().equals("server")) {
      throw new OperationNotSent("SERVER_IN_MAINTENANCE", row.name() + " is in maintenance: " + note.reason(), null);
    }
  }

  OperationNotSent stopped(String name, @Nullable Throwable cause) {
    return new OperationNotSent("HOST_KEY_CHANGED", Sentences.notReached(name, FailingLayer.HOST_KEY), cause);
  }

  /** Remembers the key that was shown, and stops the server at once; unless it was enrolled again in the meantime. */
  void changed(ServerRow seen, HostKey offered) {
    TenantContext.runAs(seen.owner(), () -> {
      transaction.executeWithoutResult(status -> rows.lock(seen.id()).filter(row -> row.keyId().equals(seen.keyId()))
          .ifPresent(row -> stop(row, offered)));
      agent.disconnect(addresses.open(seen));
    });
  }

  private void stop(ServerRow row, HostKey offered) {
    boolean stopped = row.status() == ServerStatus.HOST_KEY_CHANGED;
    if (stopped && offered.fingerprint().equals(row.health().offeredKey())) {
      return;
    }
    if (offered.fingerprint().equals(row.hostKey())) {
      return; // approved in the meantime
    }
    var before = stopped ? row.health().before() : row.status();
    rows.healthy(row.id(), row.health().shows(offered.fingerprint(), offered.algorithm(), before),
        FailingLayer.HOST_KEY);
    if (!stopped) {
      rows.become(row, ServerStatus.HOST_KEY_CHANGED);
    }
    audit.record(Actor.PANEL, "server.host_key.changed", "server", row.id().value(), row.name(),
        Map.of("approved", row.hostKey(), "offered", offered.fingerprint()));
    live.changedAfterCommit(row.owner(), ServerTopics.ALL, ServerTopics.server(row.id()));
  }
}
