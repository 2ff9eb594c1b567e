package io.chom.servers;

import io.chom.audit.Audit;
import io.chom.common.Actor;
import io.chom.live.LiveEvents;
import io.chom.tenancy.TenantContext;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/**
 * The fleet. Operators see it as the platform tenant; a tenant sees its own servers, and in few columns those it has a
 * place on.
 */
@Service
public class Servers {
  private final ServerRows rows;
  private final PrepareServer prepare;
  private final JdbcClient jdbc;
  private final Audit audit;
  private final LiveEvents live;

  Servers(ServerRows rows, PrepareServer prepare, JdbcClient jdbc, Audit audit, LiveEvents live) {
    this.rows = rows;
    this.prepare = prepare;
    this.jdbc = jdbc;
    this.audit = audit;
    this.live = live;
  }

  /** Servers of the current tenant (the platform, for operators) that are in the fleet, by name. */
  @Transactional(readOnly = true)
  public List<ServerView> page(ServerFilter filter) {
    var page = rows.page(filter);
    var load = rows.load(page.stream().map(ServerRow::id).toList());
    return page.stream().map(row -> row.view(load.getOrDefault(row.id(), 0))).toList();
  }

  /** All servers of the current tenant that are in the fleet, by name, to choose from. */
  @Transactional(readOnly = true)
  public List<ServerName> names() {
    return rows.names();
  }

  /** Whether there is a server in service whose agent is another than the one that comes with this panel. */
  @Transactional(readOnly = true)
  public boolean upgradable() {
    return rows.tendedWithOther(AgentBundle.shippedRelease());
  }

  /** Servers that left the fleet, the last ones first. */
  @Transactional(readOnly = true)
  public List<ServerView> former(int limit) {
    return rows.former(limit).stream().map(row -> row.view(0)).toList();
  }

  /**
   * One server of the current tenant (the platform, for operators).
   *
   * @throws ServerNotFound there is none by that id for this tenant
   */
  @Transactional(readOnly = true)
  public ServerView get(ServerId server) {
    return rows.find(server).orElseThrow(() -> new ServerNotFound(server))
        .view(rows.load(List.of(server)).getOrDefault(server, 0));
  }

  /** What the current tenant calls its server at that address, if it has one there. */
  @Transactional(readOnly = true)
  public Optional<String> nameAt(String host, int port) {
    return rows.at(host, port).map(ServerRow::name);
  }

  /** The servers on which the current tenant has a place, by name. */
  @Transactional(readOnly = true)
  public List<TenantServer> ofTenant() {
    return jdbc.sql("""
        select server_id, server_name, public_host, server_tenant_id <> tenant_id as shared from server_allocation
        where tenant_id = :tenant and withdrawn_at is null
        order by lower(server_name), server_id
        """).param("tenant", TenantContext.current().value())
        .query((row, n) -> new TenantServer(new ServerId(row.getObject("server_id", UUID.class)),
            row.getString("server_name"), row.getString("public_host"), row.getBoolean("shared")))
        .list();
  }

  /**
   * One server on which the current tenant has a place.
   *
   * @throws ServerNotFound it has none there
   */
  @Transactional(readOnly = true)
  public TenantServer ofTenant(ServerId server) {
    return ofTenant().stream().filter(one -> one.id().equals(server)).findFirst()
        .orElseThrow(() -> new ServerNotFound(server));
  }

  /**
   * For something that is to be kept there: until the transaction ends, the server does not begin to leave the fleet.
   *
   * @return whether it stays, and the current tenant may use it
   */
  @Transactional(propagation = Propagation.MANDATORY)
  public boolean hold(ServerId server) {
    return jdbc.sql("select hold_server(:server)").param("server", server.value()).query(Boolean.class).single();
  }

  /**
   * Requests the operation {@code server.prepare} once more, to install what sites need.
   *
   * @throws ServerRefused it is not in a state for that
   */
  @Transactional
  public void prepare(ServerId server, Actor actor) {
    var row = lock(server);
    if (!row.preparable()) {
      throw new ServerRefused("SERVER_NOT_PREPARABLE", switch (row.status()) {
        case PREPARING -> "The server is being prepared already. See its operations.";
        case HOST_KEY_CHANGED -> "The server shows another host key. Compare and approve it first.";
        case UNREACHABLE -> "The server does not answer. It can be prepared when it is back.";
        default -> "The server is not enrolled. Enrol it first.";
      });
    }
    rows.become(row, ServerStatus.PREPARING);
    prepare.request(server, row.name(), actor);
    announce(server);
  }

  /**
   * Trusts the host key the server shows now, after a person compared it; or the one approved before, if the server
   * shows that again. Everything held back goes on.
   *
   * @param fingerprint what the person compared
   * @throws ServerRefused the server shows no other key, or not this one
   */
  @Transactional
  public void approveHostKey(ServerId server, String fingerprint, Actor actor) {
    var row = lock(server);
    var health = row.health();
    if (row.status() != ServerStatus.HOST_KEY_CHANGED) {
      throw new ServerRefused("HOST_KEY_NOT_CHANGED",
          "The server shows the approved host key. There is nothing to do.");
    }
    var wanted = fingerprint.strip();
    if (wanted.equals(health.offeredKey())) {
      rows.trust(server, wanted, Objects.requireNonNull(health.offeredAlgorithm()));
    } else if (!wanted.equals(row.hostKey())) {
      throw new ServerRefused("FINGERPRINT_DIFFERS", "That is not the key the server shows now. Reload the page and"
          + " compare again: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub");
    }
    rows.healthy(server, health.forgiven(), null);
    rows.lookAgain(server);
    rows.become(row, health.before() == null ? ServerStatus.READY : health.before());
    audit.record(actor, "server.host_key.approve", "server", server.value(), row.name(),
        Map.of("before", row.hostKey(), "approved", wanted));
    announce(server);
  }

  private ServerRow lock(ServerId server) {
    return rows.lock(server).orElseThrow(() -> new ServerNotFound(server));
  }

  private void announce(ServerId server) {
    live.changedAfterCommit(TenantContext.current(), ServerTopics.ALL, ServerTopics.server(server));
  }
}
