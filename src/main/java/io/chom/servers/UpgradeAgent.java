package io.chom.servers;

import io.chom.agent.AgentCommand;
import io.chom.agent.AgentException;
import io.chom.agent.AgentHello;
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
import java.util.Map;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;

/**
 * Exchanges the agent on a server: the signed bundle is put there, the agent in use verifies it and switches, and a new
 * channel must answer as the new version before the old one is left. What runs on the server goes on with the version it
 * began with; a version that does not answer is taken back through the channel that is still open.
 */
@Component
class UpgradeAgent implements OperationHandler {
  static final OperationType TYPE = new OperationType("server.upgrade");

  private final ServerCommands commands;
  private final AgentBundles bundles;
  private final AgentUpgrades upgrades;
  private final ServerRows servers;
  private final Audit audit;
  private final LiveEvents live;

  UpgradeAgent(ServerCommands commands, AgentBundles bundles, AgentUpgrades upgrades, ServerRows servers, Audit audit,
      LiveEvents live) {
    this.commands = commands;
    this.bundles = bundles;
    this.upgrades = upgrades;
    this.servers = servers;
    this.audit = audit;
    this.live = live;
  }

  @Override
  public OperationType type() {
    return TYPE;
  }

  @Override
  public Map<String, Object> carryOut(OperationRun run) {
    var server = server(run.operation());
    var bundle = bundles.current();
    if (!bundle.id().equals(run.operation().payload().path("release").asString())) {
      throw new OperationRefused("UPGRADE_OUTDATED",
          "The panel itself was exchanged in the meantime and ships another agent now. Ask for the upgrade again.",
          null);
    }
    try {
      run.progress(10, "Putting the signed agent there", 0);
      commands.put(server, bundle.archive(), bundle.sha256(), run);
      run.progress(40, "The server verifies it and switches", 0);
      commands.carryOut(server, new AgentCommand("agent:upgrade", Map.of("upload",
          run.operation().sentAs().toString(), "sha256", bundle.sha256(), "release", bundle.id())), run);
    } catch (OperationNotSent e) {
      if (run.maybeSent()) {
        throw e;
      }
      throw new OperationRefused(e.code(), e.getMessage() + " The agent stays as it is.", e);
    }
    run.progress(80, "Asking the new version", 0);
    var hello = seen(server, bundle, run);
    commands.reconnect(server);
    return Map.of("agent", hello.agent(), "protocol", hello.protocol(), "release", hello.release());
  }

  private AgentHello seen(ServerId server, AgentBundle bundle, OperationRun run) {
    try {
      var hello = commands.look(server);
      if (hello.release().equals(bundle.id())) {
        return hello;
      }
      throw takenBack(server, bundle, run, "it answers as version " + hello.agent(), null);
    } catch (AgentException e) {
      if (Sentences.layerOf(e) != FailingLayer.AGENT) {
        throw new OutcomeUnknown("The agent was exchanged, and was not reached to see it: " + e.getMessage(), e);
      }
      throw takenBack(server, bundle, run, String.valueOf(e.getMessage()), e);
    }
  }

  private OperationRefused takenBack(ServerId server, AgentBundle bundle, OperationRun run, String why,
      @org.jspecify.annotations.Nullable Throwable cause) {
    run.progress(85, "The new version does not answer as it should: switching back", 0);
    commands.step(server, new AgentCommand("agent:rollback", Map.of("from", bundle.id())), "rollback", run);
    commands.reconnect(server);
    return new OperationRefused("AGENT_DOES_NOT_START",
        "The new agent did not answer as it should, and the one before is back: " + why, cause);
  }

  @Override
  public void whenSucceeded(Operation operation, JsonNode result) {
    var server = server(operation);
    servers.runs(server, result.path("agent").asString(), result.path("protocol").asInt(),
        result.path("release").asString());
    var actor = EnrolmentEnd.actor(operation);
    audit.record(actor, "server.agent.upgraded", "server", server.value(), operation.subject().label(),
        Map.of("agent", result.path("agent").asString(), "release", result.path("release").asString()));
    upgrades.goOn(operation.payload().path("then").valueStream().map(JsonNode::asString).toList(), actor);
    announce(server);
  }

  /** The others are left as they are: what failed here would fail there. */
  @Override
  public void whenFailed(Operation operation, String code, String message) {
    var server = server(operation);
    var rest = operation.payload().path("then").valueStream().map(JsonNode::asString).toList();
    audit.record(EnrolmentEnd.actor(operation), "server.agent.upgrade.failed", "server", server.value(),
        operation.subject().label(), Map.of("code", code, "left", String.join(", ", rest)));
    announce(server);
  }

  private static ServerId server(Operation operation) {
    return new ServerId(operation.subject().id());
  }

  private void announce(ServerId server) {
    live.changedAfterCommit(TenantContext.current(), ServerTopics.ALL, ServerTopics.server(server));
  }
}
