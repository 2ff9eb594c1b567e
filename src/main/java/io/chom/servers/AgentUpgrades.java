package io.chom.servers;

import io.chom.audit.Audit;
import io.chom.common.Actor;
import io.chom.live.LiveEvents;
import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.Operations;
import io.chom.operations.Subject;
import io.chom.tenancy.TenantContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/** Brings the agents of the fleet to the version this panel ships. For operators: call it as the platform tenant. */
@Service
public class AgentUpgrades {
  private static final int RECENT = 20;

  private final ServerRows rows;
  private final Operations operations;
  private final Audit audit;
  private final LiveEvents live;

  AgentUpgrades(ServerRows rows, Operations operations, Audit audit, LiveEvents live) {
    this.rows = rows;
    this.operations = operations;
    this.audit = audit;
    this.live = live;
  }

  /** The version this panel ships, as its agents name it. */
  public String release() {
    return AgentBundle.shippedRelease();
  }

  /**
   * Requests the operation {@code server.upgrade} on one server.
   *
   * @throws ServerNotFound there is none by that id for this tenant
   * @throws ServerRefused its agent is being exchanged, is this version already, or cannot be spoken to
   */
  @Transactional
  public Operation request(ServerId server, Actor actor) {
    var row = rows.lock(server).orElseThrow(() -> new ServerNotFound(server));
    refuseUnlessTended(row);
    if (release().equals(row.upkeep().release())) {
      throw new ServerRefused("AGENT_UP_TO_DATE", row.name() + " runs this version already.");
    }
    return ask(row, List.of(), actor);
  }

  /**
   * Has all servers whose agent is another version upgraded, one after the other; after the first that fails no further
   * one is begun.
   *
   * @return the operation on the first; the others are requested as it goes
   * @throws ServerRefused there is nothing to upgrade
   */
  @Transactional
  public Operation requestAll(Actor actor) {
    return requestInTurn(rows.all().stream().filter(ServerRow::tended)
        .filter(row -> row.upkeep().shown(row).upgradable()).map(ServerRow::id).toList(), actor);
  }

  /** The first of these, and each further one when the one before has ended well. */
  @Transactional
  Operation requestInTurn(List<ServerId> wanted, Actor actor) {
    if (wanted.isEmpty()) {
      throw new ServerRefused("AGENT_UP_TO_DATE", "Every server that is in service runs this version already.");
    }
    var first = rows.lock(wanted.getFirst()).orElseThrow();
    refuseUnlessTended(first);
    return ask(first, wanted.stream().skip(1).map(ServerId::toString).toList(), actor);
  }

  /** Goes on with the next that still needs it; called in the transaction that ends the one before. */
  void goOn(List<String> rest, Actor actor) {
    var left = new ArrayList<>(rest);
    while (!left.isEmpty()) {
      var next = rows.lock(ServerId.of(left.removeFirst()));
      if (next.isPresent() && next.get().tended() && next.get().upkeep().shown(next.get()).upgradable()
          && !running(next.get().id())) {
        ask(next.get(), left, actor);
        return;
      }
    }
  }

  private void refuseUnlessTended(ServerRow row) {
    if (!row.tended()) {
      throw new ServerRefused("SERVER_NOT_IN_SERVICE",
          "The agent of a server can be exchanged while it is ready or in maintenance; it is " + row.status() + ".");
    }
    if (running(row.id())) {
      throw new ServerRefused("UPGRADE_RUNNING", "The agent is being exchanged already. See the operations.");
    }
  }

  private boolean running(ServerId server) {
    return operations.page(null, server.value(), null, RECENT).stream()
        .anyMatch(operation -> operation.type().equals(UpgradeAgent.TYPE) && !operation.status().ended());
  }

  private Operation ask(ServerRow row, List<String> rest, Actor actor) {
    var operation = operations.request(NewOperation.interactive(UpgradeAgent.TYPE,
        new Subject("server", row.id().value(), row.name()), row.id().value(),
        Map.of("release", release(), "then", rest)), actor);
    audit.record(actor, "server.agent.upgrade", "server", row.id().value(), row.name(),
        Map.of("release", release(), "then", String.join(", ", rest)));
    live.changedAfterCommit(TenantContext.current(), ServerTopics.ALL, ServerTopics.server(row.id()));
    return operation;
  }
}
