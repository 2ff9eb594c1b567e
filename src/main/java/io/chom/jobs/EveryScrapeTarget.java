package io.chom.jobs;

import io.chom.metrics.ScrapeFleet;
import io.chom.metrics.ScrapeJob;
import io.chom.metrics.ScrapeTarget;
import io.chom.servers.ServerId;
import io.chom.tenancy.TenantId;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Sees whose machines there are and who has a place on them, for Prometheus, which asks for all tenants. */
@Component
class EveryScrapeTarget implements ScrapeFleet {
  private final JdbcClient everyTenant;

  EveryScrapeTarget(@Qualifier("jobsDataSource") DataSource everyTenant) {
    this.everyTenant = JdbcClient.create(everyTenant);
  }

  @Override
  public List<ScrapeTarget> targets() {
    return read(null);
  }

  @Override
  public List<ScrapeTarget> targetsOf(ServerId server) {
    return read(server);
  }

  private List<ScrapeTarget> read(@Nullable ServerId server) {
    var one = server == null ? "" : " and s.id = :server";
    var asked = everyTenant.sql("""
        select 'NODE' as job, s.id, s.name, s.host, s.tenant_id from vps_server s
        where s.status in ('READY', 'UNREACHABLE', 'HOST_KEY_CHANGED', 'MAINTENANCE')%s
        union all
        select 'SITES', s.id, s.name, s.host, a.tenant_id
        from vps_server s join server_allocation a on a.server_id = s.id
        where s.status in ('READY', 'UNREACHABLE', 'HOST_KEY_CHANGED', 'MAINTENANCE')%s
        order by 2, 1, 5
        """.formatted(one, one));
    return (server == null ? asked : asked.param("server", server.value()))
        .query((row, n) -> new ScrapeTarget(ScrapeJob.valueOf(row.getString("job")),
            new ServerId(row.getObject("id", UUID.class)), row.getString("name"), row.getString("host"),
            new TenantId(row.getObject("tenant_id", UUID.class))))
        .list();
  }
}
