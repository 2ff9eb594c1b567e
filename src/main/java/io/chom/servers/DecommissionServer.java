package io.chom.servers;

import io.chom.agent.AgentCommand;
import io.chom.audit.Audit;
import io.chom.live.LiveEvents;
import io.chom.operations.Operation;
import io.chom.operations.OperationHandler;
import io.chom.operations.OperationNotSent;
import io.chom.operations.OperationRefused;
import io.chom.operations.OperationRun;
import io.chom.operations.OperationType;
import io.chom.operations.OutcomeUnknown;
import io.chom.tenancy.TenantContext;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.JsonNode;

/**
 * Gives the panel's rights on a server back. Once the server was asked to, a refused login is its answer as well: the key
 * is out.
 */
@Component
class DecommissionServer implements OperationHandler {
  static final OperationType TYPE = new OperationType("server.decommission");

  private final ServerCommands commands;
  private final ServerRows servers;
  private final Audit audit;
  private final LiveEvents live;
  private final TransactionTemplate transaction;
  private final Clock clock;

  DecommissionServer(ServerCommands commands, ServerRows servers, Audit audit, LiveEvents live,
      TransactionTemplate transaction, Clock clock) {
    this.commands = commands;
    this.servers = servers;
    this.audit = audit;
    this.live = live;
    this.transaction = transaction;
    this.clock = clock;
  }

  @Override
  public OperationType type() {
    return TYPE;
  }

  @Override
  public Map<String, Object> carryOut(OperationRun run) {
    var server = server(run.operation());
    var payload = run.operation().payload();
    var row = Objects.requireNonNull(transaction.execute(status -> servers.find(server).orElseThrow(
        () -> new OperationRefused("SERVER_NOT_FOUND", "The server is not known any more.", null))));
    if (payload.path("gone").asBoolean()) {
      run.progress(50, "The machine is gone: nothing is sent there", 0);
      return leaving(row, everything(row));
    }
    run.progress(10, "Taking the panel's key and rights away", 0);
    var answer = revoke(row, payload.path("remove_agent").asBoolean(), run);
    commands.leave(server, run);
    var left = new ArrayList<String>();
    answer.path("left_behind").forEach(what -> left.add(what.asString()));
    left.forEach(what -> run.output("left behind: " + what + "\n", 0));
    return leaving(row, left);
  }

  private JsonNode revoke(ServerRow row, boolean agent, OperationRun run) {
    try {
      return commands.carryOut(row.id(), new AgentCommand("access:revoke", Map.of("panel", "chom-panel:" + row.id(),
          "agent", agent)), run);
    } catch (OperationNotSent e) {
      if (run.maybeSent() && e.code().endsWith("_" + FailingLayer.AUTH)) {
        return unheard(row, agent, run);
      }
      if (run.maybeSent()) {
        throw e;
      }
      throw new OperationRefused(e.code(),
          e.getMessage() + " Bring the server back; or decommission it once more and say"
              + " that the machine is gone for good.",
          e);
    } catch (OutcomeUnknown e) {
      if (e.getCause() != null && Sentences.layerOf(e.getCause()) == FailingLayer.AUTH) {
        return unheard(row, agent, run);
      }
      throw e;
    }
  }

  /** The key is out; the rest of the answer was lost with it. */
  private JsonNode unheard(ServerRow row, boolean agent, OperationRun run) {
    run.output("The server refuses the panel's key now; the rest of its answer was lost.\n", 0);
    var left = tools.jackson.databind.json.JsonMapper.shared().createObjectNode();
    everything(row).stream().filter(what -> !what.startsWith("key:"))
        .filter(what -> !agent || !what.startsWith("agent:"))
        .forEach(left.putArray("left_behind")::add);
    return left;
  }

  /** What enrolment and preparation may have put there. */
  private static List<String> everything(ServerRow row) {
    if (row.rootless()) {
      return List.of("key:authorized_keys of " + row.loginUser(), "agent:opt/vpsmanager", "journal:var/lib/vpsmanager");
    }
    return List.of("key:/var/lib/chom/.ssh/authorized_keys", "sudo:/etc/sudoers.d/chom-vpsmanager",
        "agent:/opt/vpsmanager", "agent:/etc/vpsmanager", "journal:/var/lib/vpsmanager", "user:chom");
  }

  private Map<String, Object> leaving(ServerRow row, List<String> left) {
    return Map.of("server", row.name(), "left_behind", left, "at", clock.instant().toString());
  }

  @Override
  public void whenSucceeded(Operation operation, JsonNode result) {
    var server = server(operation);
    var left = result.path("left_behind").valueStream().map(JsonNode::asString).toList();
    servers.forgetKey(server);
    servers.decommissioned(server, left);
    audit.record(EnrolmentEnd.actor(operation), "server.decommissioned", "server", server.value(),
        operation.subject().label(), Map.of("left_behind", String.join(", ", left)));
    announce(server);
  }

  /** It stays, out of service, until somebody decides. */
  @Override
  public void whenFailed(Operation operation, String code, String message) {
    var server = server(operation);
    servers.lock(server).filter(row -> row.status() == ServerStatus.DECOMMISSIONING).ifPresent(row -> {
      if (!row.wasEnrolled()) {
        servers.become(row, ServerStatus.FAILED);
        return;
      }
      servers.become(row, ServerStatus.MAINTENANCE);
      servers.maintain(server, new MaintenanceNote("Decommissioning stopped (" + code + ")", clock.instant(), null,
          operation.requestedLabel() == null ? "panel" : operation.requestedLabel()));
    });
    announce(server);
  }

  private static ServerId server(Operation operation) {
    return new ServerId(operation.subject().id());
  }

  private void announce(ServerId server) {
    live.changedAfterCommit(TenantContext.current(), ServerTopics.ALL, ServerTopics.server(server));
  }
}
