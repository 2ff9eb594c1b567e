package io.chom.backups;

import io.chom.metrics.SiteBackupTimes;
import io.chom.sites.SiteId;
import io.chom.tenancy.TenantContext;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/** Tells the metrics how old each site's last good backup is. */
@Component
class LastSuccesses implements SiteBackupTimes {
  private final JdbcClient jdbc;

  LastSuccesses(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  @Override
  @Transactional(readOnly = true)
  public Map<SiteId, Instant> lastSuccess(Collection<SiteId> sites) {
    var times = new HashMap<SiteId, Instant>();
    if (sites.isEmpty()) {
      return times;
    }
    // one look into the index for each; what has expired was a success too
    jdbc.sql("""
        select s.id, last.finished_at
        from unnest(cast(:sites as uuid[])) as s(id) cross join lateral (
          select b.finished_at from site_backup b
          where b.tenant_id = :tenant and b.site_id = s.id and b.status in ('COMPLETED', 'EXPIRED')
            and b.finished_at is not null
          order by b.created_at desc limit 1) last
        """).param("tenant", TenantContext.current().value())
        .param("sites", sites.stream().map(SiteId::value).toArray(UUID[]::new)).query(row -> {
          times.put(new SiteId(row.getObject("id", UUID.class)), row.getTimestamp("finished_at").toInstant());
        });
    return times;
  }
}
