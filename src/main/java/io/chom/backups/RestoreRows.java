package io.chom.backups;

import io.chom.sites.SiteId;
import io.chom.tenancy.TenantContext;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** What was restored over the current tenant's sites, and how to take it back. */
@Component
class RestoreRows {
  private final JdbcClient jdbc;
  private final ObjectMapper json;

  RestoreRows(JdbcClient jdbc, ObjectMapper json) {
    this.jdbc = jdbc;
    this.json = json;
  }

  /**
   * A restore whose state before is still kept.
   *
   * @param previous under which name its server keeps it; null where it ended half-way and told nobody
   * @param renewed the databases whose logins got other passwords with it
   */
  record Kept(UUID id, @Nullable String previous, RestoreView view, List<String> renewed) {
    /** What it is as long as it is not being undone. */
    String status() {
      return previous == null ? "FAILED" : "DONE";
    }
  }

  /**
   * @param site the one into which it comes
   * @param fresh whether that was made for it
   */
  void insert(UUID id, SiteId site, BackupId backup, RestoreScope scope, List<String> renewed, boolean fresh) {
    jdbc.sql("""
        insert into site_restore (id, tenant_id, site_id, backup_id, part, database_name, paths, tables, adapt, renewed,
                                  fresh, status)
        values (:id, :tenant, :site, :backup, :part, :database, cast(:paths as jsonb), cast(:tables as jsonb), :adapt,
                cast(:renewed as jsonb), :fresh, 'RUNNING')
        """).param("id", id).param("tenant", tenant()).param("site", site.value()).param("backup", backup.value())
        .param("part", scope.part().name()).param("database", scope.database())
        .param("paths", json.writeValueAsString(scope.paths()))
        .param("tables", json.writeValueAsString(scope.tables())).param("adapt", scope.adapt())
        .param("renewed", json.writeValueAsString(renewed)).param("fresh", fresh).update();
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
  void failed(UUID id, String sentence) {
    jdbc.sql("""
        update site_restore set status = 'FAILED', until = now() + interval '7 days', failure = :failure
        where tenant_id = :tenant and id = :id and status = 'RUNNING'
        """).param("failure", sentence).param("tenant", tenant()).param("id", id).update();
  }

  /** Nothing was replaced. */
  void cameToNothing(UUID id, String sentence) {
    jdbc.sql("""
        update site_restore set status = 'VOID', failure = :failure
        where tenant_id = :tenant and id = :id and status = 'RUNNING'
        """).param("failure", sentence).param("tenant", tenant()).param("id", id).update();
  }

  /** What a site was made for, as long as it has not come. */
  Optional<AwaitedRestore> awaited(SiteId site) {
    return jdbc.sql("""
        select r.backup_id, b.site_id, s.domain, r.part, r.status, r.failure
        from (select * from site_restore where tenant_id = :tenant and site_id = :site
              order by created_at desc, id desc limit 1) r
        join site_backup b on b.tenant_id = r.tenant_id and b.id = r.backup_id
        join site s on s.tenant_id = b.tenant_id and s.id = b.site_id
        where r.fresh and r.status in ('RUNNING', 'VOID', 'FAILED')
        """).param("tenant", tenant()).param("site", site.value())
        .query((row, n) -> new AwaitedRestore(new BackupId(row.getObject("backup_id", UUID.class)),
            new SiteId(row.getObject("site_id", UUID.class)), row.getString("domain"),
            BackupType.valueOf(row.getString("part")), row.getString("status").equals("RUNNING"),
            row.getString("failure")))
        .optional();
  }

  /** Whether the site of a restore was made for it. */
  boolean fresh(UUID id) {
    return jdbc.sql("select fresh from site_restore where tenant_id = :tenant and id = :id").param("tenant", tenant())
        .param("id", id).query(Boolean.class).single();
  }

  /** The databases whose logins got other passwords with a restore. */
  List<String> renewed(UUID id) {
    return jdbc.sql("select renewed::text from site_restore where tenant_id = :tenant and id = :id")
        .param("tenant", tenant()).param("id", id).query((row, n) -> texts(row.getString(1))).single();
  }

  private List<String> texts(String list) {
    return json.readTree(list).valueStream().map(JsonNode::asString).toList();
  }

  /** What a tenant may know of a server on which it has a place. */
  String serverName(UUID server) {
    return jdbc
        .sql("select server_name from server_allocation where tenant_id = :tenant and server_id = :server limit 1")
        .param("tenant", tenant()).param("server", server).query(String.class).optional().orElse("?");
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
        select id, backup_id, part, previous, created_at, until, renewed::text as renewed,
               jsonb_array_length(paths) as paths, jsonb_array_length(tables) as tables from (
          select * from site_restore where tenant_id = :tenant and site_id = :site and status <> 'VOID'
          order by created_at desc limit 1) newest
        where status in ('DONE', 'FAILED') and until > now()
        """).param("tenant", tenant()).param("site", site.value())
        .query((row, n) -> new Kept(row.getObject("id", UUID.class), row.getString("previous"),
            new RestoreView(new BackupId(row.getObject("backup_id", UUID.class)),
                BackupType.valueOf(row.getString("part")), row.getTimestamp("created_at").toInstant(),
                row.getTimestamp("until").toInstant(), row.getInt("paths"), row.getInt("tables")),
            texts(row.getString("renewed"))))
        .optional();
  }

  private static UUID tenant() {
    return TenantContext.current().value();
  }
}
