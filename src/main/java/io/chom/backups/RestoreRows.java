package io.chom.backups;

import io.chom.sites.SiteId;
import io.chom.tenancy.TenantContext;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** What was restored over the current tenant's sites, and how to take it back. */
@Component
class RestoreRows {
  private final JdbcClient jdbc;

  RestoreRows(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /**
   * A restore whose state before is still kept.
   *
   * @param previous under which name its server keeps it; null where it ended half-way and told nobody
   */
  record Kept(UUID id, @Nullable String previous, RestoreView view) {
    /** What it is as long as it is not being undone. */
    String status() {
      return previous == null ? "FAILED" : "DONE";
    }
  }

  void insert(UUID id, SiteId site, BackupId backup, BackupType part, @Nullable String database) {
    jdbc.sql("""
        insert into site_restore (id, tenant_id, site_id, backup_id, part, database_name, status)
        values (:id, :tenant, :site, :backup, :part, :database, 'RUNNING')
        """).param("id", id).param("tenant", tenant()).param("site", site.value()).param("backup", backup.value())
        .param("part", part.name()).param("database", database).update();
  }

  void done(UUID id, String previous, Instant until) {
    jdbc.sql("""
        update site_restore set status = 'DONE', previous = :previous, until = :until
        where tenant_id = :tenant and id = :id
        """).param("previous", previous).param("until", Timestamp.from(until)).param("tenant", tenant())
        .param("id", id).update();
  }

  /** Moves on from one status to another, if it is in that. */
  boolean become(UUID id, String from, String to) {
    return jdbc.sql("update site_restore set status = :to where tenant_id = :tenant and id = :id and status = :from")
        .param("to", to).param("tenant", tenant()).param("id", id).param("from", from).update() == 1;
  }

  /** It ended half-way; what its server keeps of the state before, it keeps for a week. */
  void failed(UUID id) {
    jdbc.sql("""
        update site_restore set status = 'FAILED', until = now() + interval '7 days'
        where tenant_id = :tenant and id = :id and status = 'RUNNING'
        """).param("tenant", tenant()).param("id", id).update();
  }

  /** It is not undone after all. */
  void staysDone(UUID id) {
    jdbc.sql("""
        update site_restore set status = case when previous is null then 'FAILED' else 'DONE' end
        where tenant_id = :tenant and id = :id and status = 'UNDOING'
        """).param("tenant", tenant()).param("id", id).update();
  }

  /** Its server has let go of the state before. */
  void gone(UUID id) {
    jdbc.sql("update site_restore set until = least(until, now()) where tenant_id = :tenant and id = :id")
        .param("tenant", tenant()).param("id", id).update();
  }

  /**
   * The last restore of a site, if it can be taken back: what was there before an earlier one is no longer what was there
   * before.
   */
  Optional<Kept> last(SiteId site) {
    return jdbc.sql("""
        select id, backup_id, part, previous, created_at, until from (
          select * from site_restore where tenant_id = :tenant and site_id = :site and status <> 'VOID'
          order by created_at desc limit 1) newest
        where status in ('DONE', 'FAILED') and until > now()
        """).param("tenant", tenant()).param("site", site.value())
        .query((row, n) -> new Kept(row.getObject("id", UUID.class), row.getString("previous"),
            new RestoreView(new BackupId(row.getObject("backup_id", UUID.class)),
                BackupType.valueOf(row.getString("part")), row.getTimestamp("created_at").toInstant(),
                row.getTimestamp("until").toInstant())))
        .optional();
  }

  private static UUID tenant() {
    return TenantContext.current().value();
  }
}
