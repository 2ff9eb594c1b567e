package io.chom.servers;

import io.chom.agent.AgentCommand;
import io.chom.agent.AgentException;
import io.chom.audit.Audit;
import io.chom.live.LiveEvents;
import io.chom.operations.Operation;
import io.chom.operations.OperationHandler;
import io.chom.operations.OperationNotSent;
import io.chom.operations.OperationRefused;
import io.chom.operations.OperationRun;
import io.chom.operations.OperationType;
import io.chom.operations.OutcomeUnknown;
import io.chom.secrets.SecretBox;
import io.chom.ssh.SshKeys;
import io.chom.tenancy.TenantContext;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.JsonNode;

/**
 * Exchanges the key by which the panel logs in to a server:
 *
 * <ol>
 * <li>a new key is made and stored beside the one in force;
 * <li>the server lets it in beside the old one;
 * <li>the panel logs in with it on a fresh connection;
 * <li>the new key is put in force; the old one is kept;
 * <li>the server takes the old one out, and the panel forgets it.
 * </ol>
 *
 * <p>Whatever dies in between, the key in force opens: the old one is taken out only after the new one is in force, and
 * that only after it was seen to open. Whoever takes the work up reads in the row how far it is; each step can be
 * repeated. A new key that does not open is taken back.
 */
@Component
class RotateKey implements OperationHandler {
  static final OperationType TYPE = new OperationType("server.rotate-key");

  private final ServerCommands commands;
  private final ServerRows servers;
  private final SecretBox secrets;
  private final Audit audit;
  private final LiveEvents live;
  private final TransactionTemplate transaction;

  RotateKey(ServerCommands commands, ServerRows servers, SecretBox secrets, Audit audit, LiveEvents live,
      TransactionTemplate transaction) {
    this.commands = commands;
    this.servers = servers;
    this.secrets = secrets;
    this.audit = audit;
    this.live = live;
    this.transaction = transaction;
  }

  @Override
  public OperationType type() {
    return TYPE;
  }

  @Override
  public Map<String, Object> carryOut(OperationRun run) {
    var server = new ServerId(run.operation().subject().id());
    var row = withTwoKeys(server, run);
    var other = Objects.requireNonNull(row.upkeep().otherKey());
    if (!other.previous()) {
      run.progress(20, "Letting the new key in beside the old one", 0);
      rotate(server, "add", other.publicKey(), run);
      run.progress(50, "Logging in with the new key", 0);
      tryNext(row, other, run);
      in(() -> servers.promote(server, other.id()));
      row = read(server);
    }
    run.progress(80, "Taking the old key out", 0);
    rotate(server, "settle", row.publicKey(), run);
    return Map.of("key", row.keyId());
  }

  /** The row with a key beside the one in force; a new one, unless an earlier worker has made it. */
  private ServerRow withTwoKeys(ServerId server, OperationRun run) {
    return in(() -> {
      var row = servers.lock(server).orElseThrow(
          () -> new OperationRefused("SERVER_NOT_FOUND", "The server is not known any more.", null));
      if (!row.tended() && !run.maybeSent()) {
        throw new OperationRefused("SERVER_NOT_IN_SERVICE", row.name() + " is not in service now. Its key stays.",
            null);
      }
      if (row.upkeep().otherKey() == null) {
        var fresh = SshKeys.generate("chom-panel:" + server);
        servers.keepNext(server, new Upkeep.OtherKey(fresh.fingerprint(),
            secrets.seal(fresh.privateKey(), ServerRow.keyContext(server)), fresh.publicKey(), false));
      }
      return servers.find(server).orElseThrow();
    });
  }

  private void rotate(ServerId server, String step, String publicKey, OperationRun run) {
    try {
      commands.step(server, new AgentCommand("access:rotate", Map.of("step", step, "public_key", publicKey)), step,
          run);
    } catch (OperationNotSent e) {
      if (run.maybeSent()) {
        throw e;
      }
      // nothing was changed anywhere: rather another day than an operation that waits before all others
      throw new OperationRefused(e.code(), e.getMessage() + " The key in force stays.", e);
    }
  }

  private void tryNext(ServerRow row, Upkeep.OtherKey next, OperationRun run) {
    try {
      commands.look(row, next);
    } catch (AgentException e) {
      var layer = Sentences.layerOf(e);
      if (layer != FailingLayer.AUTH && layer != FailingLayer.AGENT) {
        throw new OutcomeUnknown(row.name() + " lets the new key in, and was not reached to try it: " + e.getMessage(),
            e);
      }
      run.progress(60, "The new key does not open: taking it back", 0);
      rotate(row.id(), "settle", row.publicKey(), run);
      throw new OperationRefused("NEW_KEY_REFUSED", row.name() + " took the new key and does not let it in ("
          + layer + "). The one before stays in force.", e);
    }
  }

  @Override
  public void whenSucceeded(Operation operation, JsonNode result) {
    var server = new ServerId(operation.subject().id());
    servers.forgetOther(server);
    audit.record(EnrolmentEnd.actor(operation), "server.key.rotated", "server", server.value(),
        operation.subject().label(), Map.of("key", result.path("key").asString()));
    announce(server);
  }

  /** A key that came into force stays so; the old one is taken out by the next rotation. */
  @Override
  public void whenFailed(Operation operation, String code, String message) {
    var server = new ServerId(operation.subject().id());
    servers.lock(server).map(row -> row.upkeep().otherKey()).filter(other -> !other.previous())
        .ifPresent(next -> servers.forgetOther(server));
    audit.record(EnrolmentEnd.actor(operation), "server.key.rotate.failed", "server", server.value(),
        operation.subject().label(), Map.of("code", code));
    announce(server);
  }

  private ServerRow read(ServerId server) {
    return in(() -> servers.find(server).orElseThrow());
  }

  private <T> T in(Supplier<T> work) {
    return Objects.requireNonNull(transaction.execute(status -> work.get()));
  }

  private void announce(ServerId server) {
    live.changedAfterCommit(TenantContext.current(), ServerTopics.ALL, ServerTopics.server(server));
  }
}
