package io.chom.servers;

import io.chom.agent.Agent;
import io.chom.agent.AgentCommand;
import io.chom.agent.AgentException;
import io.chom.agent.AgentReply;
import io.chom.live.LiveEvents;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Asks servers how they are. One lost probe is no outage: only when several of the last ones failed a server is called
 * unreachable, by the layer that failed; it comes back by itself.
 */
@Service
public class ServerHealth {
  private final ServerRows rows;
  private final ServerAddresses addresses;
  private final HostKeyGuard guard;
  private final Agent agent;
  private final LiveEvents live;
  private final ServersProperties properties;
  private final TransactionTemplate transaction;

  ServerHealth(ServerRows rows, ServerAddresses addresses, HostKeyGuard guard, Agent agent, LiveEvents live,
      ServersProperties properties, TransactionTemplate transaction) {
    this.rows = rows;
    this.addresses = addresses;
    this.guard = guard;
    this.agent = agent;
    this.live = live;
    this.properties = properties;
    this.transaction = transaction;
  }

  /** How often each server is asked. */
  public Duration every() {
    return properties.probeEvery();
  }

  /** Probes one server of the current tenant, unless this or another node just has. Call it outside a transaction. */
  public void check(ServerId server) {
    var row = transaction.execute(
        status -> rows.takeProbe(server, properties.probeEvery()) ? rows.find(server).orElse(null) : null);
    if (row != null) {
      probe(row);
    }
  }

  private void probe(ServerRow row) {
    try {
      var reply = agent.ask(addresses.open(row), AgentCommand.of("monitor:health"), properties.probeLimit());
      switch (reply) {
        case AgentReply.Done done -> note(row, done, null);
        case AgentReply.Refused _ -> note(row, null, FailingLayer.AGENT);
      }
    } catch (AgentException e) {
      var other = Sentences.otherHostKey(e);
      if (other != null) {
        guard.changed(row, other.offered());
      } else {
        note(row, null, Sentences.layerOf(e));
      }
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
