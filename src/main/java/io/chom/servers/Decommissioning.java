package io.chom.servers;

import io.chom.audit.Audit;
import io.chom.common.Actor;
import io.chom.live.LiveEvents;
import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.Operations;
import io.chom.operations.Subject;
import io.chom.tenancy.TenantContext;
import java.util.Map;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/**
 * Lets servers leave the fleet. The row stays for its history; its address and its name are free for another enrolment.
 * For operators: call it as the platform tenant.
 */
@Service
public class Decommissioning {
  private final ServerRows rows;
  private final ServerSites sites;
  private final Operations operations;
  private final Audit audit;
  private final LiveEvents live;

  Decommissioning(ServerRows rows, ServerSites sites, Operations operations, Audit audit, LiveEvents live) {
    this.rows = rows;
    this.sites = sites;
    this.operations = operations;
    this.audit = audit;
    this.live = live;
  }

  /**
   * Requests the operation {@code server.decommission}. From here on nothing new is placed there; it begins when what is
   * under way there has ended.
   *
   * @param typedName the server's name, typed by a person
   * @param gone the machine does not exist any more: nobody goes there
   * @param removeAgent whether the agent goes as well, and not only the panel's rights
   * @throws ServerNotFound there is none by that id for this tenant
   * @throws ServerHasSites there are sites
   * @throws ServerHasDepots backups are kept there
   * @throws ServerRefused another name, or not in a state for that
   */
  @Transactional
  public Operation request(ServerId server, String typedName, boolean gone, boolean removeAgent, Actor actor) {
    var row = rows.lock(server).orElseThrow(() -> new ServerNotFound(server));
    if (!row.name().equals(typedName.strip())) {
      throw new ServerRefused("SERVER_NAME_DIFFERS", "This is not the name of the server. Type it exactly as shown.");
    }
    refuseUnlessIdle(row, gone);
    rows.lockPlaces(server);
    var domains = sites.domains(server);
    if (!domains.isEmpty()) {
      throw new ServerHasSites(row.name(), domains);
    }
    var depots = sites.depots(server, gone);
    if (!depots.isEmpty()) {
      throw new ServerHasDepots(row.name(), depots);
    }
    rows.become(row, ServerStatus.DECOMMISSIONING);
    var operation = operations.request(NewOperation.interactive(DecommissionServer.TYPE,
        new Subject("server", server.value(), row.name()), server.value(),
        Map.of("gone", gone || !row.wasEnrolled() || row.privateKeySealed().isEmpty(), "remove_agent", removeAgent)),
        actor);
    audit.record(actor, "server.decommission", "server", server.value(), row.name(),
        Map.of("gone", String.valueOf(gone), "remove_agent", String.valueOf(removeAgent)));
    live.changedAfterCommit(TenantContext.current(), ServerTopics.ALL, ServerTopics.server(server));
    return operation;
  }

  private static void refuseUnlessIdle(ServerRow row, boolean gone) {
    if (row.status() == ServerStatus.HOST_KEY_CHANGED && !gone) {
      throw new ServerRefused("HOST_KEY_CHANGED", row.name() + " shows another host key, so nothing is sent there."
          + " Approve the key first, or say that the machine is gone for good.");
    }
    if (!row.status().next().contains(ServerStatus.DECOMMISSIONING)) {
      throw switch (row.status()) {
        case DECOMMISSIONING ->
          new ServerRefused("SERVER_DECOMMISSIONING", "The server leaves the fleet already. See its operations.");
        case DECOMMISSIONED -> new ServerRefused("SERVER_DECOMMISSIONED", "The server has left the fleet.");
        default ->
          new ServerRefused("SERVER_BUSY", "The server is being installed. Wait for the end of its operation.");
      };
    }
  }
}
