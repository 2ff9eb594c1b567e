package io.chom.servers;

import io.chom.agent.Agent;
import io.chom.agent.AgentCommand;
import io.chom.agent.AgentException;
import io.chom.agent.AgentReply;
import io.chom.audit.Audit;
import io.chom.common.Actor;
import io.chom.live.LiveEvents;
import io.chom.tenancy.TenantContext;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Knows what on a server is not as the panel's tables say. It shows that and repairs nothing. */
@Service
public class Drift {
  private static final Logger LOG = LoggerFactory.getLogger(Drift.class);
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final TypeReference<List<Difference>> DIFFERENCES = new TypeReference<>() {
  };

  private final ServerRows rows;
  private final ServerSites sites;
  private final ServerAddresses addresses;
  private final HostKeyGuard guard;
  private final Agent agent;
  private final JdbcClient jdbc;
  private final Audit audit;
  private final LiveEvents live;
  private final ServersProperties properties;
  private final TransactionTemplate transaction;
  private final ObjectMapper json;
  private final Clock clock;

  Drift(ServerRows rows, ServerSites sites, ServerAddresses addresses, HostKeyGuard guard, Agent agent, JdbcClient jdbc,
      Audit audit, LiveEvents live, ServersProperties properties, TransactionTemplate transaction, ObjectMapper json,
      Clock clock) {
    this.rows = rows;
    this.sites = sites;
    this.addresses = addresses;
    this.guard = guard;
    this.agent = agent;
    this.jdbc = jdbc;
    this.audit = audit;
    this.live = live;
    this.properties = properties;
    this.transaction = transaction;
    this.json = json;
    this.clock = clock;
  }

  /** How often each server is compared. */
  public Duration every() {
    return properties.compareEvery();
  }

  /**
   * What the last comparison of a server of the current tenant found.
   *
   * @throws ServerNotFound there is none by that id for this tenant
   */
  public DriftReport of(ServerId server) {
    return in(() -> jdbc.sql("""
        select drift::text as drift, drift_at, drift_fault from vps_server where tenant_id = :tenant and id = :id
        """).param("tenant", TenantContext.current().value()).param("id", server.value()).query((row, n) -> {
      Timestamp at = row.getTimestamp("drift_at");
      String drift = row.getString("drift");
      String fault = row.getString("drift_fault");
      return new DriftReport(drift == null ? List.of() : json.readValue(drift, DIFFERENCES),
          at == null ? null : at.toInstant(), fault == null ? null : FailingLayer.valueOf(fault));
    }).optional()).orElseThrow(() -> new ServerNotFound(server));
  }

  /**
   * Has a server compared now; its page shows the outcome when it is there.
   *
   * @throws ServerNotFound there is none by that id for this tenant
   * @throws ServerRefused it cannot be spoken to
   */
  public void compareSoon(ServerId server, Actor actor) {
    var tenant = TenantContext.current();
    in(() -> {
      var row = rows.find(server).orElseThrow(() -> new ServerNotFound(server));
      if (!row.status().reachable()) {
        throw new ServerRefused("SERVER_NOT_IN_SERVICE", row.name() + " is not spoken to while it is " + row.status()
            + ".");
      }
      audit.record(actor, "server.compare", "server", server.value(), row.name(), Map.of());
      return row;
    });
    Thread.ofVirtual().name("compare-" + server).start(() -> {
      try {
        TenantContext.runAs(tenant, () -> compare(server));
      } catch (RuntimeException e) {
        LOG.warn("Server {} could not be compared: {}", server, e.getMessage());
      }
    });
  }

  /** As a clock asks: only if it is due and nobody else has just taken it. */
  public void compareIfDue(ServerId server) {
    boolean taken = in(() -> jdbc
        .sql(
            """
                update vps_server set drift_asked_at = now()
                where tenant_id = :tenant and id = :id and status in ('READY', 'MAINTENANCE') and health_layer is null and health_at <= now()
                  and (drift_asked_at is null or drift_asked_at <= now() - cast(:every as interval))
                """)
        .param("tenant", TenantContext.current().value()).param("id", server.value())
        .param("every", properties.compareEvery().toMillis() + " milliseconds").update()) == 1;
    if (taken) {
      compare(server);
    }
  }

  /** Asks the server and writes down what differs. Call it outside a transaction. */
  DriftReport compare(ServerId server) {
    var row = in(() -> rows.find(server).orElseThrow(() -> new ServerNotFound(server)));
    var before = in(() -> sites.of(server));
    try {
      guard.refuseIfStopped(row);
      switch (agent.ask(addresses.open(row), AgentCommand.of("state:export"), LIMIT)) {
        case AgentReply.Done done -> store(row, before, done.data());
        case AgentReply.Refused _ -> note(row, FailingLayer.AGENT);
      }
    } catch (AgentException e) {
      var other = Sentences.otherHostKey(e);
      if (other != null) {
        guard.changed(row, other.offered());
      }
      note(row, Sentences.layerOf(e));
    }
    return of(server);
  }

  private void store(ServerRow row, Map<String, ServerSites.KnownSite> before, JsonNode export) {
    in(() -> {
      var named = new ArrayList<UUID>();
      export.path("operations")
          .forEach(operation -> named.add(UUID.fromString(operation.path("operation").asString())));
      var now = rows.find(row.id()).orElse(row);
      var found = new Comparison(before, sites.of(row.id()), export).of(now, sites.operations(row.id(), named),
          clock.instant());
      write(row, json.writeValueAsString(found), null);
      return found;
    });
  }

  private void note(ServerRow row, FailingLayer fault) {
    in(() -> {
      write(row, null, fault);
      return row;
    });
  }

  private void write(ServerRow row, @Nullable String found, @Nullable FailingLayer fault) {
    jdbc.sql("""
        update vps_server set drift = coalesce(cast(:drift as jsonb), drift), drift_fault = :fault,
               drift_at = case when cast(:drift as text) is null then drift_at else now() end, drift_asked_at = now()
        where tenant_id = :tenant and id = :id
        """).param("drift", found, Types.VARCHAR)
        .param("fault", fault == null ? null : fault.name(), Types.VARCHAR)
        .param("tenant", TenantContext.current().value()).param("id", row.id().value()).update();
    live.changedAfterCommit(row.owner(), ServerTopics.server(row.id()));
  }

  private <T> T in(Supplier<T> work) {
    return Objects.requireNonNull(transaction.execute(status -> work.get()));
  }
}
