package io.chom.sites;

import io.chom.servers.ServerId;
import io.chom.tenancy.TenantContext;
import java.util.List;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/** The current tenant's sites on a server, whose figures these are. */
@Service
public class MeasuredSites {
  private final JdbcClient jdbc;

  MeasuredSites(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /** Those that are there, the oldest first. */
  @Transactional(readOnly = true)
  public List<MeasuredSite> on(ServerId server) {
    return jdbc.sql("""
        select s.id, s.domain, s.unix_user, c.not_after
        from site s left join certificate c on c.tenant_id = s.tenant_id and c.site_id = s.id
        where s.tenant_id = :tenant and s.server_id = :server and s.status <> 'DELETED'
        order by s.id
        """).param("tenant", TenantContext.current().value()).param("server", server.value()).query((row, n) -> {
      var ends = row.getTimestamp("not_after");
      return new MeasuredSite(new SiteId(row.getObject("id", UUID.class)), row.getString("domain"),
          row.getString("unix_user"), ends == null ? null : ends.toInstant());
    }).list();
  }
}
