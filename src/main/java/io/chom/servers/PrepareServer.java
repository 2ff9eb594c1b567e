package io.chom.servers;

import io.chom.agent.AgentCommand;
import io.chom.audit.Audit;
import io.chom.common.Actor;
import io.chom.live.LiveEvents;
import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.OperationHandler;
import io.chom.operations.OperationRefused;
import io.chom.operations.OperationRun;
import io.chom.operations.OperationType;
import io.chom.operations.Operations;
import io.chom.operations.Subject;
import io.chom.tenancy.TenantContext;
import java.util.List;
import java.util.Map;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Has the agent install what sites need; can be repeated at any time. */
@Component
class PrepareServer implements OperationHandler {
  static final OperationType TYPE = new OperationType("server.prepare");

  private final ServerCommands commands;
  private final ServerRows servers;
  private final Operations operations;
  private final Audit audit;
  private final LiveEvents live;
  private final TransactionTemplate transaction;
  private final ObjectMapper json;

  PrepareServer(ServerCommands commands, ServerRows servers, Operations operations, Audit audit, LiveEvents live,
      TransactionTemplate transaction, ObjectMapper json) {
    this.commands = commands;
    this.servers = servers;
    this.operations = operations;
    this.audit = audit;
    this.live = live;
    this.transaction = transaction;
    this.json = json;
  }

  /** Call it in the transaction that sets the server's status. */
  void request(ServerId server, String name, Actor actor) {
    operations.request(wanted(server, name), actor);
    audit.record(actor, "server.prepare", "server", server.value(), name, Map.of());
  }

  private static NewOperation wanted(ServerId server, String name) {
    return NewOperation.interactive(TYPE, new Subject("server", server.value(), name), server.value(), Map.of());
  }

  @Override
  public boolean repeatable() {
    return true;
  }

  @Override
  public NewOperation repeat(Operation failed) {
    var server = new ServerId(failed.subject().id());
    var row = servers.lock(server).orElseThrow(() -> new ServerNotFound(server));
    if (!row.preparable()) {
      throw new ServerRefused("SERVER_NOT_PREPARABLE", "The server cannot be prepared in its present state: "
          + row.status() + ".");
    }
    servers.become(row, ServerStatus.PREPARING);
    live.changedAfterCommit(TenantContext.current(), ServerTopics.ALL, ServerTopics.server(server));
    return wanted(server, row.name());
  }

  @Override
  public OperationType type() {
    return TYPE;
  }

  @Override
  public Map<String, Object> carryOut(OperationRun run) {
    var server = new ServerId(run.operation().subject().id());
    var row = transaction.execute(status -> servers.find(server).orElse(null));
    if (row != null && row.status() == ServerStatus.ENROLLING) {
      // the enrolment waits until nothing else is under way on its server, and prepares it itself
      throw new OperationRefused("SERVER_ENROLLED_AGAIN", "The server is enrolled again, and is prepared after that.",
          null);
    }
    return json.convertValue(commands.carryOut(server, AgentCommand.of("server:prepare"), run),
        new TypeReference<Map<String, Object>>() {
        });
  }

  @Override
  public void whenSucceeded(Operation operation, JsonNode result) {
    var server = new ServerId(operation.subject().id());
    var os = result.path("os").asString("");
    servers.prepared(server, os.isEmpty() ? null : os,
        result.path("php_versions").valueStream().map(JsonNode::asString).toList());
    live.changedAfterCommit(TenantContext.current(), ServerTopics.ALL, ServerTopics.server(server));
  }

  @Override
  public boolean stoppable() {
    return true;
  }

  @Override
  public List<String> stop(OperationRun run) {
    return commands.stop(new ServerId(run.operation().subject().id()), run);
  }

  /** A half prepared server takes no sites; preparing it again goes on where this stopped. */
  @Override
  public void whenCancelled(Operation operation, boolean begun) {
    whenFailed(operation, "OPERATION_CANCELLED", "The preparation was cancelled.");
  }

  @Override
  public void whenFailed(Operation operation, String code, String message) {
    var server = new ServerId(operation.subject().id());
    servers.lock(server).filter(row -> row.status() == ServerStatus.PREPARING)
        .ifPresent(row -> servers.become(row, ServerStatus.FAILED));
    live.changedAfterCommit(TenantContext.current(), ServerTopics.ALL, ServerTopics.server(server));
  }
}
