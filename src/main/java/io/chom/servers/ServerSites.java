package io.chom.servers;

import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** What the panel's tables say of the sites and operations on a server of the current tenant, whosoever they are. */
@Component
class ServerSites {
  private final JdbcClient jdbc;

  ServerSites(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /** @param underWay whether a change of it is queued or runs */
  record KnownSite(UUID id, String user, String domain, String type, @Nullable String phpVersion, String status,
      Instant updatedAt, boolean underWay) {
    boolean deleted() {
      return status.equals("DELETED");
    }
  }

  /** @param finishedAt null while it is not over */
  record KnownOperation(String status, @Nullable Instant finishedAt) {}

  /** Deleted ones as well, by their user on the server. */
  Map<String, KnownSite> of(ServerId server) {
    var sites = new HashMap<String, KnownSite>();
    jdbc.sql("""
        select site_id, unix_user, domain, type, php_version, status, updated_at, under_way from server_sites(:server)
        """).param("server", server.value())
        .query((row, n) -> new KnownSite(row.getObject("site_id", UUID.class), row.getString("unix_user"),
            row.getString("domain"), row.getString("type"), row.getString("php_version"), row.getString("status"),
            row.getTimestamp("updated_at").toInstant(), row.getBoolean("under_way")))
        .list().forEach(site -> sites.put(site.user(), site));
    return sites;
  }

  List<String> domains(ServerId server) {
    return of(server).values().stream().filter(site -> !site.deleted()).map(KnownSite::domain).sorted().toList();
  }

  /**
   * What keeps backups there, whosoever it is; whose others' are is the platform's to know.
   *
   * @param gone the machine is: what nothing lies in is not lost with it
   */
  List<String> depots(ServerId server, boolean gone) {
    boolean all = TenantContext.current().equals(TenantId.PLATFORM);
    return jdbc.sql(
        "select name, owner from server_depots(:server) where holds or not :gone order by lower(owner), lower(name)")
        .param("server", server.value()).param("gone", gone)
        .query((row, n) -> row.getString("name") + (all ? " (" + row.getString("owner") + ")" : "")).list();
  }

  /** Those of the named operations that the panel knows. */
  Map<UUID, KnownOperation> operations(ServerId server, List<UUID> named) {
    var known = new HashMap<UUID, KnownOperation>();
    jdbc.sql("select id, status, finished_at from server_operations(:server, :named)").param("server", server.value())
        .param("named", named.toArray(UUID[]::new)).query(row -> {
          Timestamp at = row.getTimestamp("finished_at");
          known.put(row.getObject("id", UUID.class),
              new KnownOperation(row.getString("status"), at == null ? null : at.toInstant()));
        });
    return known;
  }
}
