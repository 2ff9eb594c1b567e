package io.chom.servers;

import io.chom.agent.Agent;
import io.chom.agent.AgentCommand;
import io.chom.agent.AgentEvents;
import io.chom.agent.AgentException;
import io.chom.agent.AgentHello;
import io.chom.agent.AgentIncompatible;
import io.chom.agent.AgentNeverReached;
import io.chom.agent.AgentOperation;
import io.chom.agent.AgentOutcomeUnknown;
import io.chom.agent.AgentProtocolBroken;
import io.chom.agent.AgentReply;
import io.chom.agent.AgentRequestInvalid;
import io.chom.agent.AgentServer;
import io.chom.operations.OperationEnded;
import io.chom.operations.OperationId;
import io.chom.operations.OperationNotSent;
import io.chom.operations.OperationPostponed;
import io.chom.operations.OperationRefused;
import io.chom.operations.OperationRun;
import io.chom.operations.OutcomeUnknown;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Service;
import org.springframework.transaction.event.TransactionPhase;
import org.springframework.transaction.event.TransactionalEventListener;
import tools.jackson.databind.JsonNode;

/** The one bridge from an operation to the agent on its server. Nothing else sends work there. */
@Service
public class ServerCommands {
  private static final Logger LOG = LoggerFactory.getLogger(ServerCommands.class);

  /** The agent itself gives the work twelve seconds to die. */
  private static final Duration STOP_LIMIT = Duration.ofSeconds(30);

  /** Servers forget what ended so long ago; a day less, as their clocks may differ. */
  private static final Duration REMEMBERED = Duration.ofDays(29);

  private final ServerAddresses addresses;
  private final HostKeyGuard guard;
  private final Agent agent;
  private final ServersProperties properties;
  private final Clock clock;
  /** What this node has had carried out and has not told the server's journal to forget. */
  private final Map<OperationId, Heard> unacknowledged = new ConcurrentHashMap<>();

  ServerCommands(ServerAddresses addresses, HostKeyGuard guard, Agent agent, ServersProperties properties,
      Clock clock) {
    this.addresses = addresses;
    this.guard = guard;
    this.agent = agent;
    this.properties = properties;
    this.clock = clock;
  }

  /** An end that a server told, under which id. */
  private record Heard(AgentServer server, UUID sentAs) {}

  /**
   * Has a command carried out exactly once, under the id of the operation's present try and its fence, and answers what
   * the agent answered. Its progress and output go into the operation. Call it as the operation's tenant and outside a transaction.
   *
   * @throws OperationNotSent nothing left the panel
   * @throws OutcomeUnknown it was sent and the server is silent
   * @throws OperationRefused the agent refused it, in its own words
   */
  public JsonNode carryOut(ServerId server, AgentCommand command, OperationRun run) {
    return carryOut(addresses.find(server), command, run, run.operation().sentAs(), run.agentOffset());
  }

  /**
   * As {@link #carryOut(ServerId, AgentCommand, OperationRun)}, for work of several steps that the server journals one by
   * one. A worker that takes it up asks for each again; the one that was done answers its end.
   *
   * @param step tells the steps of one operation apart
   */
  JsonNode step(ServerId server, AgentCommand command, String step, OperationRun run) {
    var id = stepOf(run, step);
    var row = addresses.find(server);
    try {
      var answer = carryOut(row, command, run, id, 0);
      acknowledge(addresses.open(row), id);
      return answer;
    } catch (OperationRefused e) {
      acknowledge(addresses.open(row), id);
      throw e;
    }
  }

  private static UUID stepOf(OperationRun run, String step) {
    return UUID.nameUUIDFromBytes((run.operation().sentAs() + " " + step).getBytes(StandardCharsets.UTF_8));
  }

  /** Whether a key that is not in force opens: a login of its own, and the agent's hello. */
  AgentHello look(ServerRow row, Upkeep.OtherKey key) {
    var address = addresses.open(row, key);
    agent.disconnect(address);
    try {
      return agent.look(address, properties.probeLimit());
    } finally {
      agent.disconnect(address);
    }
  }

  /** Which agent a new channel to the server gets, whatever the open one runs. */
  AgentHello look(ServerId server) {
    return agent.look(addresses.open(addresses.find(server)), properties.probeLimit());
  }

  /** Puts a file there for the command that names it by the id of the operation's try; nothing is done with it yet. */
  void put(ServerId server, byte[] content, String sha256, OperationRun run) {
    var row = addresses.find(server);
    guard.refuseIfStopped(row);
    try {
      var reply = agent.put(addresses.open(row), run.operation().sentAs(), content, sha256,
          properties.bootstrapLimit());
      if (reply instanceof AgentReply.Refused refused) {
        throw new OperationRefused(refused.code(), refused.message(), null);
      }
    } catch (AgentException e) {
      throw notReached(row, e);
    }
  }

  /** The next request opens a new channel. */
  void reconnect(ServerId server) {
    agent.disconnect(addresses.open(addresses.find(server)));
  }

  /** The last words with a server: its journal may forget the operation, and the channel ends. */
  void leave(ServerId server, OperationRun run) {
    var heard = unacknowledged.remove(run.operation().id());
    var address = addresses.open(addresses.find(server));
    if (heard != null) {
      acknowledge(heard.server(), heard.sentAs());
    }
    agent.disconnect(address);
  }

  private JsonNode carryOut(ServerRow row, AgentCommand command, OperationRun run, UUID id, long offset) {
    guard.refuseIfStopped(row);
    HostKeyGuard.refuseInMaintenance(row, run);
    var address = addresses.open(row);
    connect(row, address);
    if (run.operation().copied()) {
      refuseUnknown(row, address, run, id);
    }
    // from here on only the server knows whether anything happened
    run.sending();
    AgentReply reply;
    try {
      reply = agent.carryOut(address, command, id, run.fence(), offset, new Forwarding(row, run),
          properties.commandLimit());
    } catch (AgentNeverReached e) {
      throw notReached(row, e);
    } catch (AgentRequestInvalid e) {
      throw new OperationRefused(e.code(), String.valueOf(e.getMessage()), e);
    } catch (AgentOutcomeUnknown | AgentProtocolBroken | AgentIncompatible e) {
      throw new OutcomeUnknown(row.name() + " was sent the work and does not answer: " + e.getMessage(), e);
    }
    if (id.equals(run.operation().sentAs())) {
      unacknowledged.put(run.operation().id(), new Heard(address, id));
    }
    return switch (reply) {
      case AgentReply.Done done -> done.data();
      case AgentReply.Refused refused ->
        throw new OperationRefused(refused.code(), refused.message(), refused.retryable(), null);
    };
  }

  /**
   * The panel was restored from a copy made while this was under way. The server may have done it since, and more after
   * it: what it does not know it is never sent, however late the request of the panel before would come.
   */
  private void refuseUnknown(ServerRow row, AgentServer address, OperationRun run, UUID id) {
    AgentOperation known;
    try {
      known = agent.status(address, id, true, STOP_LIMIT);
    } catch (AgentException e) {
      throw notReached(row, e);
    }
    if (!known.state().equals("SEALED")) {
      return;
    }
    if (run.operation().createdAt().isBefore(clock.instant().minus(REMEMBERED))) {
      throw new OperationRefused("OUTCOME_UNKNOWN",
          row.name() + " no longer has a record of this: the panel was restored"
              + " from a backup made while it was under way, long ago. See what is there, then ask for it again.",
          null);
    }
    throw new OperationRefused("NOT_REPEATED", row.name() + " has no record of this, so it was not done. The panel was"
        + " restored from a backup made while it was under way, and does not begin it by itself. See what is there, then"
        + " ask for it again.", null);
  }

  /**
   * Has an operation's work on its server stopped, and answers what of it is there. Done once nothing of it lives.
   *
   * @throws OutcomeUnknown the server is silent, has not heard of the work yet, or cannot end it now
   */
  public List<String> stop(ServerId server, OperationRun run) {
    var row = addresses.find(server);
    try {
      guard.refuseIfStopped(row);
      var address = addresses.open(row);
      return switch (agent.cancel(address, run.operation().sentAs(), STOP_LIMIT)) {
        case AgentReply.Done done -> done.data().path("left_behind").valueStream().map(JsonNode::asString).toList();
        case AgentReply.Refused refused when refused.code().equals("OPERATION_UNKNOWN") -> seal(row, address, run);
        case AgentReply.Refused refused ->
          throw new OutcomeUnknown(row.name() + " did not stop the work: " + refused.message(), null);
      };
    } catch (AgentException | OperationNotSent e) {
      throw new OutcomeUnknown(row.name() + " does not answer: " + e.getMessage(), e);
    }
  }

  /** The work never arrived: now it never will, however late the request for it comes. */
  private List<String> seal(ServerRow row, AgentServer address, OperationRun run) {
    var known = agent.status(address, run.operation().sentAs(), true, STOP_LIMIT);
    if (!known.state().equals("SEALED")) {
      throw new OutcomeUnknown(row.name() + " has only just got the work", null);
    }
    return List.of();
  }

  /** Before anything is marked as sent: an unreachable server's work goes back to the queue. */
  private void connect(ServerRow row, AgentServer address) {
    try {
      agent.hello(address);
    } catch (AgentIncompatible e) {
      throw new OperationRefused(e.code(), "The agent on " + row.name() + " does not fit this panel. Enrol the server"
          + " again to replace it.", e);
    } catch (AgentException e) {
      throw notReached(row, e);
    }
  }

  private OperationNotSent notReached(ServerRow row, AgentException e) {
    var other = Sentences.otherHostKey(e);
    if (other != null) {
      guard.changed(row, other.offered());
      return guard.stopped(row.name(), e);
    }
    var layer = Sentences.layerOf(e);
    return new OperationNotSent("SERVER_NOT_REACHED_" + layer, Sentences.notReached(row.name(), layer), e);
  }

  /** The panel has the end in its table; the server may forget it. Late or lost it costs only some disk there. */
  @TransactionalEventListener(phase = TransactionPhase.AFTER_COMMIT)
  void acknowledge(OperationEnded ended) {
    acknowledge(ended.operation());
  }

  /** What a try did is written down, and no other try asks for it. */
  @TransactionalEventListener(phase = TransactionPhase.AFTER_COMMIT)
  void acknowledge(OperationPostponed postponed) {
    acknowledge(postponed.operation());
  }

  private void acknowledge(OperationId operation) {
    var heard = unacknowledged.remove(operation);
    if (heard != null) {
      Thread.ofVirtual().name("acknowledge-" + operation).start(() -> acknowledge(heard.server(), heard.sentAs()));
    }
  }

  private void acknowledge(AgentServer server, UUID id) {
    try {
      agent.acknowledge(server, id);
    } catch (AgentException e) {
      LOG.info("{} keeps its journal of {}: {}", server, id, e.getMessage());
    }
  }

  private void silent(ServerRow row, OperationRun run, AgentException why) {
    var fault = notReached(row, why);
    run.silent(fault.code(), String.valueOf(fault.getMessage()));
    var layer = Sentences.layerOf(why);
    if (layer == FailingLayer.HOST_KEY || layer == FailingLayer.AUTH || !isStill(row)) {
      // with the key and the approval this worker holds it will never get in: the next one looks at both anew
      throw new OutcomeUnknown(row.name() + " was sent the work and does not let the panel in: " + why.getMessage(),
          why);
    }
  }

  /** Whether it is to be spoken to as it was when the work was sent. */
  private boolean isStill(ServerRow row) {
    return addresses.find(row.id()).keyId().equals(row.keyId());
  }

  private final class Forwarding implements AgentEvents {
    private final ServerRow row;
    private final OperationRun run;

    Forwarding(ServerRow row, OperationRun run) {
      this.row = row;
      this.run = run;
    }

    @Override
    public void progress(int percent, String step, long offset) {
      run.progress(percent, step, offset);
    }

    @Override
    public void output(String stream, String data, long offset) {
      run.output(data, offset);
    }

    @Override
    public void silent(AgentException why) {
      ServerCommands.this.silent(row, run, why);
    }

    @Override
    public void heard() {
      run.heard();
    }
  }
}
