package io.chom.backups;

import io.chom.sites.SiteId;
import io.chom.tenancy.TenantContext;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.core.simple.JdbcClient.StatementSpec;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** The current tenant's backups, one statement each. */
@Component
class BackupRows {
  private static final String COLUMNS = """
      select b.id, b.site_id, s.domain, s.status <> 'DELETED' as site_there, b.backup_type, b.status, b.proof,
             b.proven_at, b.activity, b.snapshot, b.files, b.size_bytes, b.added_bytes, b.databases::text as databases,
             b.failure, b.created_at, b.finished_at, b.pinned, coalesce(t.shared_from, t.id) as target,
             t.name as target_name, t.kind as target_kind
      from site_backup b join site s on s.tenant_id = b.tenant_id and s.id = b.site_id
      join backup_repository r on r.tenant_id = b.tenant_id and r.id = b.repository_id
      join backup_target t on t.tenant_id = r.tenant_id and t.id = r.target_id
      where b.tenant_id = :tenant
      """;

  private static final String PROOF = """
      select distinct on (p.backup_id) p.backup_id, p.outcome, p.reasons::text as reasons, p.files, p.size_bytes,
             p.tables, p.table_rows, p.answered, p.restore_ms, p.skipped::text as skipped, p.server_id,
             coalesce(a.server_name, '?') as server_name, p.created_at
      from backup_proof p
      left join server_allocation a on a.tenant_id = p.tenant_id and a.server_id = p.server_id
      where p.tenant_id = :tenant and p.backup_id = any(:ids)
      order by p.backup_id, p.created_at desc
      """;

  private final JdbcClient jdbc;
  private final Repositories repositories;
  private final ObjectMapper json;

  BackupRows(JdbcClient jdbc, Repositories repositories, ObjectMapper json) {
    this.jdbc = jdbc;
    this.repositories = repositories;
    this.json = json;
  }

  /** Newest first. */
  List<BackupView> page(BackupFilter filter) {
    // a text of its own for each choice: the database plans a prepared statement once for all that it may be asked
    return jdbc.sql(COLUMNS + (filter.site() == null ? "" : " and b.site_id = :site")
        + (filter.type() == null ? "" : " and b.backup_type = :type")
        + (filter.status() == null ? " and b.status <> 'EXPIRED'" : " and b.status = :status")
        + (filter.proof() == null ? "" : " and b.status = 'COMPLETED' and b.proof = :proof")
        + (filter.before() == null
            ? ""
            : " and (b.created_at, b.id) < ((select created_at from site_backup"
                + " where tenant_id = :tenant and id = :before), :before)")
        + " order by b.created_at desc, b.id desc limit :limit").param("tenant", tenant())
        .param("site", filter.site() == null ? null : filter.site().value())
        .param("type", name(filter.type())).param("status", name(filter.status())).param("proof", name(filter.proof()))
        .param("before", filter.before() == null ? null : filter.before().value()).param("limit", filter.limit())
        .query(this::read).list();
  }

  /** The last ones of a site, removed ones included. */
  List<BackupView> seenOf(SiteId site, int limit) {
    return jdbc.sql(COLUMNS + " and b.site_id = :site order by b.created_at desc, b.id desc limit :limit")
        .param("tenant", tenant()).param("site", site.value()).param("limit", limit).query(this::read).list();
  }

  private static @Nullable String name(@Nullable Enum<?> value) {
    return value == null ? null : value.name();
  }

  /** Removed ones included. */
  Optional<BackupView> find(BackupId id) {
    return jdbc.sql(COLUMNS + " and b.id = :id").param("tenant", tenant()).param("id", id.value()).query(this::read)
        .optional();
  }

  BackupSource source(BackupId id) {
    return jdbc
        .sql(
            """
                select b.repository_id, r.server_id, s.unix_user, b.snapshot, b.manifest, exists (
                  select from site_backup x where x.tenant_id = b.tenant_id and x.site_id = b.site_id and x.repository_id = b.repository_id
                    and x.snapshot is not null) as held
                from site_backup b
                join backup_repository r on r.tenant_id = b.tenant_id and r.id = b.repository_id
                join site s on s.tenant_id = b.tenant_id and s.id = b.site_id
                where b.tenant_id = :tenant and b.id = :id
                """)
        .param("tenant", tenant()).param("id", id.value())
        .query((row, n) -> new BackupSource(row.getObject("repository_id", UUID.class),
            row.getObject("server_id", UUID.class), repositories.place(row.getObject("repository_id", UUID.class)),
            row.getString("unix_user"), row.getString("snapshot"), row.getString("manifest"), row.getBoolean("held")))
        .single();
  }

  /** Those in the same repository that failed, whatever they left there; the newest hundred. */
  List<String> neverWhole(BackupId id) {
    return jdbc.sql("""
        select f.id from site_backup b
        join site_backup f on f.tenant_id = b.tenant_id and f.site_id = b.site_id and f.repository_id = b.repository_id
        where b.tenant_id = :tenant and b.id = :id and f.snapshot is null and f.status in ('FAILED', 'EXPIRED')
        order by f.created_at desc limit 100
        """).param("tenant", tenant()).param("id", id.value())
        .query((row, n) -> row.getObject("id", UUID.class).toString()).list();
  }

  /**
   * What is known of where a backup lies.
   *
   * @param ruined the backup is broken, or its repository has been given up because something in it is damaged
   * @param last nothing else is kept there
   */
  record Ruins(boolean ruined, boolean last) {}

  Ruins ruins(BackupId id) {
    return jdbc.sql("""
        select b.proof = 'BROKEN' or r.retired_at is not null as ruined, not exists (
          select from site_backup o where o.tenant_id = b.tenant_id and o.site_id = b.site_id
            and o.repository_id = b.repository_id and o.id <> b.id and o.status in ('RUNNING', 'COMPLETED')) as last
        from site_backup b join backup_repository r on r.tenant_id = b.tenant_id and r.id = b.repository_id
        where b.tenant_id = :tenant and b.id = :id
        """).param("tenant", tenant()).param("id", id.value())
        .query((row, n) -> new Ruins(row.getBoolean("ruined"), row.getBoolean("last"))).single();
  }

  boolean isRunning(SiteId site) {
    return jdbc.sql("select exists (select from site_backup where tenant_id = :tenant and site_id = :site"
        + " and status = 'RUNNING')").param("tenant", tenant()).param("site", site.value()).query(Boolean.class)
        .single();
  }

  void insert(BackupId id, SiteId site, UUID repository, BackupType type) {
    jdbc.sql("""
        insert into site_backup (id, tenant_id, site_id, repository_id, backup_type, status)
        values (:id, :tenant, :site, :repository, :type, 'RUNNING')
        """).param("id", id.value()).param("tenant", tenant()).param("site", site.value())
        .param("repository", repository).param("type", type.name()).update();
  }

  /** It is there, with these figures. */
  void completed(BackupView backup, JsonNode answer) {
    changed(step(backup, BackupStatus.COMPLETED, """
        , snapshot = :snapshot, manifest = :manifest, files = :files, size_bytes = :size, added_bytes = :added,
          databases = cast(:databases as jsonb), failure = null, finished_at = now()
        """).param("snapshot", answer.path("snapshot").asString()).param("manifest", answer.path("manifest").asString())
        .param("files", answer.path("files").asLong(0)).param("size", answer.path("bytes").asLong(0))
        .param("added", answer.path("added_bytes").asLong(0)).param("databases", names(answer.path("databases")))
        .update());
  }

  private String names(JsonNode databases) {
    return json.writeValueAsString(databases.valueStream().map(one -> one.path("name").asString("")).toList());
  }

  void failed(BackupView backup, String sentence) {
    changed(step(backup, BackupStatus.FAILED, ", failure = :failure, finished_at = now()").param("failure", sentence)
        .update());
  }

  /** @param repository where it goes now */
  void runsAgain(BackupView backup, UUID repository) {
    changed(step(backup, BackupStatus.RUNNING, ", failure = null, finished_at = null, repository_id = :repository")
        .param("repository", repository).update());
  }

  void removed(BackupView backup) {
    changed(step(backup, BackupStatus.EXPIRED, ", activity = null, failure = null").update());
  }

  private StatementSpec step(BackupView backup, BackupStatus next, String more) {
    if (!backup.status().next().contains(next)) {
      throw notReady();
    }
    return jdbc.sql("update site_backup set status = :next" + more
        + " where tenant_id = :tenant and id = :id and status = :was").param("next", next.name())
        .param("tenant", tenant()).param("id", backup.id().value()).param("was", backup.status().name());
  }

  /**
   * Begins something with a backup that is there.
   *
   * @throws BackupRefused it is not there, or something else is being done with it
   */
  void begin(BackupId id, BackupActivity activity) {
    changed(jdbc.sql("""
        update site_backup set activity = :activity
        where tenant_id = :tenant and id = :id and status = 'COMPLETED' and activity is null
        """).param("activity", activity.name()).param("tenant", tenant()).param("id", id.value()).update());
  }

  /** Whatever was being done with it is over. */
  void rest(BackupId id, BackupActivity activity) {
    jdbc.sql("update site_backup set activity = null where tenant_id = :tenant and id = :id and activity = :activity")
        .param("tenant", tenant()).param("id", id.value()).param("activity", activity.name()).update();
  }

  /** What was known of it may be true no more. */
  void doubt(BackupId id) {
    jdbc.sql(
        "update site_backup set proof = 'UNPROVEN' where tenant_id = :tenant and id = :id and status = 'COMPLETED'")
        .param("tenant", tenant()).param("id", id.value()).update();
  }

  /** It was looked at, and this came of it. */
  void proven(BackupId id, UUID server, JsonNode answer) {
    var outcome = BackupProof.valueOf(answer.path("outcome").asString());
    jdbc.sql("""
        with looked as (
          update site_backup set proof = :outcome, proven_at = now(), activity = null
          where tenant_id = :tenant and id = :id and status = 'COMPLETED' returning id)
        insert into backup_proof (tenant_id, backup_id, server_id, outcome, reasons, files, size_bytes, tables,
                                  table_rows, answered, restore_ms, skipped)
        select :tenant, id, :server, :outcome, cast(:reasons as jsonb), :files, :size, :tables, :rows,
               cast(:answered as int), :ms, cast(:skipped as jsonb) from looked
        """).param("outcome", outcome.name()).param("tenant", tenant()).param("id", id.value()).param("server", server)
        .param("reasons", json.writeValueAsString(reasons(answer)))
        .param("files", answer.path("files").asLong(0)).param("size", answer.path("bytes").asLong(0))
        .param("tables", answer.path("tables").asLong(0)).param("rows", answer.path("rows").asLong(0))
        .param("answered", answer.path("answered").isNumber() ? answer.path("answered").asInt() : null)
        .param("ms", answer.path("restore_ms").asLong(0))
        .param("skipped", json.writeValueAsString(texts(answer.path("skipped")))).update();
  }

  private static List<String> texts(JsonNode list) {
    return list.valueStream().map(one -> one.asString("")).toList();
  }

  /** A server names the first, and counts the others. */
  private static List<ProofView.Reason> reasons(JsonNode answer) {
    var named = answer.path("reasons").valueStream().map(BackupRows::reason);
    long more = answer.path("more").asLong(0);
    return more > 0
        ? Stream.concat(named, Stream.of(new ProofView.Reason(ProofView.MORE, Long.toString(more)))).toList()
        : named.toList();
  }

  private static ProofView.Reason reason(JsonNode one) {
    return new ProofView.Reason(one.path("code").asString(""), one.path("what").asString(""));
  }

  /** What came of looking at it the last time. */
  Optional<ProofView> lastProof(BackupId id) {
    return Optional.ofNullable(lastProofs(List.of(id)).get(id));
  }

  /** As {@link #lastProof}, of several. */
  Map<BackupId, ProofView> lastProofs(List<BackupId> ids) {
    Map<BackupId, ProofView> found = new HashMap<>();
    jdbc.sql(PROOF).param("tenant", tenant()).param("ids", ids.stream().map(BackupId::value).toArray(UUID[]::new))
        .query((row, n) -> found.put(new BackupId(row.getObject("backup_id", UUID.class)), readProof(row))).list();
    return found;
  }

  private static void changed(int rows) {
    if (rows == 0) {
      throw notReady();
    }
  }

  private static BackupRefused notReady() {
    return new BackupRefused(BackupRefused.Reason.BACKUP_NOT_READY, "backup");
  }

  private static UUID tenant() {
    return TenantContext.current().value();
  }

  private BackupView read(ResultSet row, int n) throws SQLException {
    var activity = row.getString("activity");
    return new BackupView(new BackupId(row.getObject("id", UUID.class)),
        new SiteId(row.getObject("site_id", UUID.class)), row.getString("domain"), row.getBoolean("site_there"),
        BackupType.valueOf(row.getString("backup_type")), BackupStatus.valueOf(row.getString("status")),
        BackupProof.valueOf(row.getString("proof")), maybe(row.getTimestamp("proven_at")),
        activity == null ? null : BackupActivity.valueOf(activity), row.getString("snapshot"), row.getLong("files"),
        row.getLong("size_bytes"), row.getLong("added_bytes"),
        json.readTree(row.getString("databases")).valueStream().map(JsonNode::asString).toList(),
        row.getString("failure"), row.getTimestamp("created_at").toInstant(), maybe(row.getTimestamp("finished_at")),
        row.getBoolean("pinned"), new TargetName(new TargetId(row.getObject("target", UUID.class)),
            row.getString("target_name"), TargetKind.valueOf(row.getString("target_kind"))));
  }

  private ProofView readProof(ResultSet row) throws SQLException {
    return new ProofView(BackupProof.valueOf(row.getString("outcome")),
        json.readTree(row.getString("reasons")).valueStream().map(BackupRows::reason).toList(),
        row.getLong("files"), row.getLong("size_bytes"), row.getLong("tables"), row.getLong("table_rows"),
        row.getObject("answered", Integer.class), row.getLong("restore_ms"),
        texts(json.readTree(row.getString("skipped"))), row.getObject("server_id", UUID.class),
        row.getString("server_name"), row.getTimestamp("created_at").toInstant());
  }

  private static @Nullable Instant maybe(@Nullable Timestamp at) {
    return at == null ? null : at.toInstant();
  }
}
