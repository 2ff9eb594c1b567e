package io.chom.servers;

import io.chom.agent.Agent;
import io.chom.agent.AgentCommand;
import io.chom.agent.AgentException;
import io.chom.agent.AgentReply;
import io.chom.tenancy.TenantContext;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.JsonNode;

/** Asks servers for their counters. Apart from their health, which must not wait for it. */
@Service
public class ServerStats {
  private static final Logger LOG = LoggerFactory.getLogger(ServerStats.class);

  private final ServerRows rows;
  private final ServerAddresses addresses;
  private final Agent agent;
  private final JdbcClient jdbc;
  private final StatsProperties properties;
  private final TransactionTemplate transaction;

  ServerStats(ServerRows rows, ServerAddresses addresses, Agent agent, JdbcClient jdbc, StatsProperties properties,
      TransactionTemplate transaction) {
    this.rows = rows;
    this.addresses = addresses;
    this.agent = agent;
    this.jdbc = jdbc;
    this.properties = properties;
    this.transaction = transaction;
  }

  /** How often each server is asked. */
  public Duration every() {
    return properties.every();
  }

  /**
   * What a server of the current tenant answers; nothing where this or another node has just asked, or where it does not
   * answer now. Call it outside a transaction.
   */
  public Optional<JsonNode> ask(ServerId server) {
    var row = transaction.execute(status -> take(server) ? rows.find(server).orElse(null) : null);
    if (row == null) {
      return Optional.empty();
    }
    try {
      return switch (agent.ask(addresses.open(row), AgentCommand.of("monitor:stats"), properties.limit())) {
        case AgentReply.Done done -> Optional.of(done.data());
        case AgentReply.Refused refused -> {
          LOG.info("{} tells no counters: {}", row.name(), refused.message());
          yield Optional.empty();
        }
      };
    } catch (AgentException e) {
      // whether it can be reached at all is for its health to say
      LOG.debug("{} was not asked for its counters: {}", row.name(), e.getMessage());
      return Optional.empty();
    }
  }

  private boolean take(ServerId server) {
    return jdbc.sql("""
        update vps_server set stats_at = now()
        where tenant_id = :tenant and id = :id and status = 'READY'
          and (stats_at is null or stats_at <= now() - cast(:every as interval))
        """).param("tenant", TenantContext.current().value()).param("id", server.value())
        .param("every", every().toMillis() + " milliseconds").update() == 1;
  }
}
