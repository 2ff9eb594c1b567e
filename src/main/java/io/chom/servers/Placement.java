package io.chom.servers;

import io.chom.common.Uuid7;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/** Decides which server takes the current tenant's next site. */
@Service
public class Placement {
  private final JdbcClient jdbc;

  Placement(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  private record Candidate(PlacedServer server, int capacity, int sites) {
    boolean hasRoom() {
      return sites < capacity;
    }

    boolean own() {
      return !server.owner().equals(TenantId.PLATFORM);
    }
  }

  /**
   * Chooses a ready server with room for one more: the tenant's own before the platform's, and of these the one with the
   * fewest sites. Call it before the transaction that creates the site.
   *
   * @throws NoServerAvailable with what an operator has to do
   */
  @Transactional(readOnly = true)
  public PlacedServer choose() {
    var candidates = candidates();
    return candidates.stream().filter(Candidate::hasRoom)
        .min(Comparator.comparing(Candidate::own).reversed().thenComparingInt(Candidate::sites)
            .thenComparing(candidate -> candidate.server().id().toString()))
        .map(Candidate::server).orElseThrow(() -> new NoServerAvailable(candidates.isEmpty()
            ? "No server is ready. An operator must enrol one, or bring one back that does not answer."
            : "Every server is full. An operator must enrol another one, or raise the capacity of one."));
  }

  /**
   * As {@link #choose()}, for a server a person asked for.
   *
   * @throws ServerNotReady it is the tenant's own or has a place for it, and takes no site at the moment
   * @throws ServerNotFound it is none that the tenant may use or know of
   * @throws NoServerAvailable it cannot take one more
   */
  @Transactional(readOnly = true)
  public PlacedServer choose(ServerId wanted) {
    var candidate = candidates().stream().filter(one -> one.server().id().equals(wanted)).findFirst()
        .orElseThrow(() -> known(wanted) ? new ServerNotReady(wanted) : new ServerNotFound(wanted));
    if (!candidate.hasRoom()) {
      throw full(candidate.server());
    }
    return candidate.server();
  }

  /**
   * Takes the place, inside the transaction that creates the site: until that ends, nobody else can take the last place
   * of the same server.
   *
   * @throws NoServerAvailable others were quicker
   */
  @Transactional(propagation = Propagation.MANDATORY)
  public void take(PlacedServer place) {
    if (!jdbc.sql("select take_server_place(:server)").param("server", place.id().value()).query(Boolean.class)
        .single()) {
      throw full(place);
    }
    jdbc.sql("""
        insert into server_allocation (id, tenant_id, server_id, server_tenant_id, server_name, public_host)
        values (:id, :tenant, :server, :owner, :name, :host)
        on conflict (tenant_id, server_id) do update set server_name = excluded.server_name,
                                                         public_host = excluded.public_host
        """).param("id", Uuid7.next()).param("tenant", TenantContext.current().value())
        .param("server", place.id().value()).param("owner", place.owner().value()).param("name", place.name())
        .param("host", place.publicHost()).update();
  }

  /** One that has left the fleet is nobody's any more, and waiting for it is of no use. */
  private boolean known(ServerId server) {
    return jdbc.sql("""
        select exists (select from vps_server
                       where id = :server and tenant_id = :tenant and status <> 'DECOMMISSIONED')
            or exists (select from server_allocation
                       where server_id = :server and tenant_id = :tenant and withdrawn_at is null)
        """).param("server", server.value()).param("tenant", TenantContext.current().value()).query(Boolean.class)
        .single();
  }

  private List<Candidate> candidates() {
    return jdbc.sql("select server_id, owner, name, host, php_versions, capacity, sites from server_places()")
        .query((row, n) -> new Candidate(
            new PlacedServer(new ServerId(row.getObject("server_id", UUID.class)),
                new TenantId(row.getObject("owner", UUID.class)), row.getString("name"), row.getString("host"),
                ServerRows.texts(row.getArray("php_versions"))),
            row.getInt("capacity"), row.getInt("sites")))
        .list();
  }

  private static NoServerAvailable full(PlacedServer place) {
    return new NoServerAvailable(place.name() + " takes no more sites. Choose another server, or ask an operator.");
  }
}
