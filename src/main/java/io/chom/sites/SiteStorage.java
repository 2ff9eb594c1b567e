package io.chom.sites;

import io.chom.servers.ServerId;
import io.chom.tenancy.TenantContext;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;
import tools.jackson.databind.JsonNode;

/** Remembers how much disk each site uses, and when that was measured. */
@Service
public class SiteStorage {
  private final JdbcClient jdbc;

  SiteStorage(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /**
   * Notes what a server says of the current tenant's sites on it. What it says of others, or of sites on other servers,
   * has no effect; nor has a figure older than the one that is known.
   *
   * @param sites as the agent's {@code monitor:stats} lists them
   */
  @Transactional
  public void note(ServerId server, JsonNode sites) {
    jdbc.sql("""
        update site s set storage_used_mb = ceil(greatest(x.disk_bytes, 0) / 1048576.0),
                          storage_at = least(x.disk_at, now())
        from jsonb_to_recordset(cast(:sites as jsonb)) as x("user" text, disk_bytes bigint, disk_at timestamptz)
        where s.tenant_id = :tenant and s.server_id = :server and s.unix_user = x."user" and s.status <> 'DELETED'
          and x.disk_bytes is not null and x.disk_at is not null
          and (s.storage_at is null or s.storage_at < least(x.disk_at, now()))
        """).param("sites", sites.toString()).param("tenant", TenantContext.current().value())
        .param("server", server.value()).update();
  }
}
