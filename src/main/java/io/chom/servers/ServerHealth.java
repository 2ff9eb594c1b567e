package io.chom.servers;

import io.chom.agent.Agent;
import io.chom.agent.AgentCommand;
import io.chom.agent.AgentException;
import io.chom.agent.AgentReply;
import io.chom.audit.Audit;
import io.chom.common.Actor;
import io.chom.live.LiveEvents;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Asks servers how they are. One lost probe is no outage: only when several of the last ones failed a server is called
 * unreachable, by the layer that failed; it comes back by itself.
 */
@Service
public class ServerHealth {
  private static final Duration WIRE_LIMIT = Duration.ofSeconds(3);

  private final ServerRows rows;
  private final ServerAddresses addresses;
  private final HostKeyGuard guard;
  private final Agent agent;
  private final LiveEvents live;
  private final ServersProperties properties;
  private final OwnNetwork network;
  private final Audit audit;
  private final TransactionTemplate transaction;

  ServerHealth(ServerRows rows, ServerAddresses addresses, HostKeyGuard guard, Agent agent, LiveEvents live,
      ServersProperties properties, OwnNetwork network, Audit audit, TransactionTemplate transaction) {
    this.rows = rows;
    this.addresses = addresses;
    this.guard = guard;
    this.agent = agent;
    this.live = live;
    this.properties = properties;
    this.network = network;
    this.audit = audit;
    this.transaction = transaction;
  }

  /** How often each server is asked. */
  public Duration every() {
    return properties.probeEvery();
  }

  /** Probes one server of the current tenant, unless this or another node just has. Call it outside a transaction. */
  public void check(ServerId server) {
    var row = transaction.execute(status -> {
      var before = rows.find(server).orElse(null);
      return before != null && rows.takeProbe(server, properties.probeEvery()) ? before : null;
    });
    if (row != null) {
      probe(row);
    }
  }

  /**
   * Looks whether this node reaches a server, and writes nothing down about the server: for a node whose own network is
   * bad. Call it as the server's tenant and outside a transaction.
   */
  public void sound(ServerId server) {
    var row = transaction.execute(status -> rows.find(server).orElse(null));
    if (row != null && row.status().reachable()) {
      try {
        agent.hello(addresses.open(row));
        network.reached(server);
      } catch (AgentException e) {
        hearNetwork(server, e);
      }
    }
  }

  private void probe(ServerRow row) {
    try {
      var reply = agent.ask(addresses.open(row), AgentCommand.of("monitor:health"), properties.probeLimit());
      network.reached(row.id());
      switch (reply) {
        case AgentReply.Done done -> {
          note(row, done, null);
          noteVersion(row, done);
        }
        case AgentReply.Refused _ -> note(row, null, FailingLayer.AGENT);
      }
    } catch (AgentException e) {
      var other = Sentences.otherHostKey(e);
      if (other != null) {
        network.reached(row.id());
        guard.changed(row, other.offered());
      } else if (row.status() == ServerStatus.UNREACHABLE || hearNetwork(row.id(), e)) {
        note(row, null, layer(row, e));
      } else {
        // it says something of this node and nothing of the server
        transaction.executeWithoutResult(status -> rows.lookedAt(row.id(), row.healthAt()));
      }
    }
  }

  /** An agent that was heard while it was asked and said nothing is to blame only if its server still answers. */
  private FailingLayer layer(ServerRow row, AgentException e) {
    var layer = Sentences.layerOf(e);
    if (layer == FailingLayer.AGENT) {
      try {
        agent.touch(addresses.open(row), WIRE_LIMIT);
      } catch (AgentException wire) {
        return Sentences.layerOf(wire);
      }
    }
    return layer;
  }

  /** Whether a failure says something of the server, rather than of the network this node is in. */
  private boolean hearNetwork(ServerId server, AgentException e) {
    if (OwnNetwork.blames(e)) {
      network.failed(server);
      return !network.bad();
    }
    network.reached(server);
    return true;
  }

  /**
   * The first word of which agent it has is believed. Later another one is asked for on a new channel: the open one may
   * have been started before another node exchanged the agent.
   */
  private void noteVersion(ServerRow row, AgentReply.Done done) {
    var said = done.data().path("release").asString("");
    var known = row.upkeep().release();
    if (said.isEmpty() || said.equals(known)) {
      return;
    }
    var address = addresses.open(row);
    var hello = agent.look(address, properties.probeLimit());
    transaction.executeWithoutResult(status -> rows.lock(row.id()).filter(now -> now.keyId().equals(row.keyId()))
        .filter(now -> !hello.release().equals(now.upkeep().release())).ifPresent(now -> {
          rows.runs(now.id(), hello.agent(), hello.protocol(), hello.release());
          if (known != null) {
            audit.record(Actor.PANEL, "server.agent.changed", "server", now.id().value(), now.name(),
                Map.of("agent", hello.agent(), "release", hello.release(), "before", known));
          }
        }));
    if (!hello.release().equals(said)) {
      agent.disconnect(address);
    }
  }

  private void note(ServerRow asked, AgentReply.@Nullable Done answer, @Nullable FailingLayer failed) {
    // an answer to the key of an earlier enrolment says nothing about this one
    transaction.executeWithoutResult(status -> rows.lock(asked.id())
        .filter(row -> row.keyId().equals(asked.keyId())).ifPresent(row -> {
          var health = answer != null
              ? row.health().answered(answer.data(), properties.probes())
              : row.health().failed(properties.probes());
          if (row.status() == ServerStatus.READY && health.failedTooOften(properties.failures())) {
            rows.become(row, ServerStatus.UNREACHABLE);
          } else if (row.status() == ServerStatus.UNREACHABLE && health.back()) {
            rows.become(row, ServerStatus.READY);
            health = health.forgiven();
          }
          rows.healthy(row.id(), health, failed);
          live.changedAfterCommit(row.owner(), ServerTopics.ALL, ServerTopics.server(row.id()));
        }));
  }
}
