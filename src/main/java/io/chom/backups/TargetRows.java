package io.chom.backups;

import io.chom.backups.TargetRefused.Reason;
import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.servers.ServerId;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Where the current tenant's backups may go. A shared place is a row of whoever shares it; a tenant that uses it has one
 * of its own beside it, for what refers to it, which knows neither where it is nor what opens it.
 */
@Component
class TargetRows {
  private static final String COLUMNS = """
      select id, name, kind, status, location, shared, shared_from, is_default, secrets_sealed, public_key, host_key,
             region, ca_bundle, private, upload_kbps, download_kbps, server_id, append_only, checked_at,
             check_failure, created_by, created_at
      """;
  private static final String OWN = COLUMNS + " from backup_target where tenant_id = :tenant and status <> 'REMOVED'";
  private static final String SHARED = COLUMNS + " from shared_backup_targets()";

  private final JdbcClient jdbc;

  TargetRows(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /**
   * A place as it is stored.
   *
   * @param location null where it is another's or not made yet
   * @param sharedFrom the row of whoever shares it; null for one of the tenant's own
   * @param sealed see {@link TargetSecrets}
   */
  record Row(UUID id, String name, TargetKind kind, TargetStatus status, @Nullable String location, boolean shared,
      @Nullable UUID sharedFrom, boolean isDefault, @Nullable String sealed, @Nullable String publicKey,
      @Nullable String hostKey, @Nullable String region, @Nullable String authorities, boolean isPrivate,
      @Nullable Integer uploadKbps, @Nullable Integer downloadKbps, @Nullable UUID server,
      boolean appendOnly, @Nullable Instant checkedAt, @Nullable String checkFailure, String createdBy,
      Instant createdAt) {

    /** As a server saw it. */
    Row seen(@Nullable String shownKey, boolean keepsAll) {
      return new Row(id, name, kind, status, location, shared, sharedFrom, isDefault, sealed, publicKey, shownKey,
          region, authorities, isPrivate, uploadKbps, downloadKbps, server, keepsAll, checkedAt, checkFailure,
          createdBy, createdAt);
    }

    /** By which it is known outside. */
    TargetId known() {
      return new TargetId(sharedFrom == null ? id : sharedFrom);
    }
  }

  /** Those that are there, by name, without those that are shared and not used yet. */
  List<Row> own() {
    return jdbc.sql(OWN + " order by lower(name), id").param("tenant", tenant()).query(TargetRows::read).list();
  }

  /** What an operator offers to all. */
  List<Row> shared() {
    return jdbc.sql(SHARED + " order by lower(name), id").query(TargetRows::read).list();
  }

  Optional<Row> shared(UUID id) {
    return jdbc.sql(SHARED + " where id = :id").param("id", id).query(TargetRows::read).optional();
  }

  Optional<Row> row(UUID id) {
    return jdbc.sql(OWN + " and id = :id").param("tenant", tenant()).param("id", id).query(TargetRows::read)
        .optional();
  }

  /** As {@link #row}; nobody else changes it until the end of the transaction. */
  Optional<Row> lock(UUID id) {
    return jdbc.sql(OWN + " and id = :id for update").param("tenant", tenant()).param("id", id)
        .query(TargetRows::read).optional();
  }

  /** Of a shared one, what whoever shares it says of it; of another one itself. */
  Row whole(Row row) {
    var from = row.sharedFrom();
    return from == null ? row : shared(from).orElseThrow(() -> new TargetNotFound(row.known()));
  }

  /** While somebody has a backup begin there nobody removes it, and the other way round. */
  void holdForUse(TargetId id) {
    advise("pg_advisory_xact_lock_shared", id);
  }

  void holdForRemoval(TargetId id) {
    advise("pg_advisory_xact_lock", id);
  }

  private void advise(String lock, TargetId id) {
    jdbc.sql("select count(*) from (select " + lock + "(hashtextextended('chom.target.' || :id, 0))) held")
        .param("id", id.toString()).query(Long.class).single();
  }

  /**
   * The tenant's row of a place that it may use, its own or a shared one.
   *
   * @throws TargetNotFound it may not
   */
  Row use(TargetId id) {
    holdForUse(id);
    return row(id.value()).filter(row -> row.sharedFrom() == null).or(() -> ofShared(id.value()))
        .orElseThrow(() -> new TargetNotFound(id));
  }

  private Optional<Row> ofShared(UUID from) {
    return shared(from).map(offered -> {
      // a tenant's sites may come to use it together
      jdbc.sql("""
          insert into backup_target (id, tenant_id, name, kind, shared_from, server_id)
          values (:id, :tenant, :name, :kind, :from, :server)
          on conflict (tenant_id, shared_from) where status <> 'REMOVED' do update set name = excluded.name
          """).param("id", Uuid7.next()).param("tenant", tenant()).param("name", offered.name())
          .param("kind", offered.kind().name()).param("from", from).param("server", offered.server()).update();
      return jdbc.sql(OWN + " and shared_from = :from").param("tenant", tenant()).param("from", from)
          .query(TargetRows::read).single();
    });
  }

  /** Where backups go when nobody says: what the tenant chose, or else the directory on each site's own server. */
  Row byDefault(String directory) {
    return jdbc.sql(OWN + " and is_default").param("tenant", tenant()).query(TargetRows::read).optional()
        .orElseGet(() -> local(directory));
  }

  /** The directory on each site's own server, which every tenant has. */
  Row local(String directory) {
    var query = jdbc.sql(OWN + " and kind = 'LOCAL' and location = :location and not shared")
        .param("tenant", tenant()).param("location", directory);
    return query.query(TargetRows::read).optional().orElseGet(() -> {
      // sites of one tenant may get their first backups together
      jdbc.sql(
          """
              insert into backup_target (id, tenant_id, name, kind, location) values (:id, :tenant, 'local', 'LOCAL', :location)
              on conflict do nothing
              """)
          .param("id", Uuid7.next()).param("tenant", tenant()).param("location", directory).update();
      return query.query(TargetRows::read).single();
    });
  }

  /** @throws TargetRefused there is one of that name or at that place */
  void insert(Row row) {
    try {
      jdbc.sql(
          """
              insert into backup_target (id, tenant_id, name, kind, status, location, shared, secrets_sealed, public_key,
                host_key, region, ca_bundle, private, upload_kbps, download_kbps, server_id, append_only, checked_at, created_by)
              values (:id, :tenant, :name, :kind, :status, :location, :shared, :sealed, :publicKey, :hostKey, :region,
                :authorities, :private, :upload, :download, :server, :appendOnly, case when :checked then now() end, :by)
              """)
          .params(values(row)).update();
    } catch (DuplicateKeyException e) {
      throw taken(e);
    }
  }

  private static Map<String, @Nullable Object> values(Row row) {
    var values = new HashMap<String, @Nullable Object>();
    values.put("id", row.id());
    values.put("tenant", tenant());
    values.put("name", row.name());
    values.put("kind", row.kind().name());
    values.put("status", row.status().name());
    values.put("location", row.location());
    values.put("shared", row.shared());
    values.put("sealed", row.sealed());
    values.put("publicKey", row.publicKey());
    values.put("hostKey", row.hostKey());
    values.put("region", row.region());
    values.put("authorities", row.authorities());
    values.put("private", row.isPrivate());
    values.put("upload", row.uploadKbps());
    values.put("download", row.downloadKbps());
    values.put("server", row.server());
    values.put("appendOnly", row.appendOnly());
    values.put("checked", row.status() == TargetStatus.READY);
    values.put("by", row.createdBy());
    return values;
  }

  private static TargetRefused taken(DuplicateKeyException e) {
    return String.valueOf(e.getMessage()).contains("idx_backup_target_place")
        ? new TargetRefused(Reason.TARGET_EXISTS, "location")
        : new TargetRefused(Reason.TARGET_NAME_TAKEN, "name");
  }

  /** @throws TargetRefused there is one of that name or at that place */
  void requireFree(String name, @Nullable String location, TargetKind kind) {
    if (own().stream().anyMatch(row -> row.sharedFrom() == null && row.name().equalsIgnoreCase(name))) {
      throw new TargetRefused(Reason.TARGET_NAME_TAKEN, "name");
    }
    if (location != null && own().stream().anyMatch(row -> row.kind() == kind && location.equals(row.location()))) {
      throw new TargetRefused(Reason.TARGET_EXISTS, "location");
    }
  }

  /** How many of its own the tenant has, those on the named servers apart. Counted one after the other. */
  record Count(long all, long onServers) {}

  Count count(Set<UUID> servers) {
    jdbc.sql(
        "select count(*) from (select pg_advisory_xact_lock(hashtextextended('chom.targets.' || :tenant, 0))) held")
        .param("tenant", tenant().toString()).query(Long.class).single();
    var mine = own().stream().filter(row -> row.sharedFrom() == null && row.sealed() != null).toList();
    return new Count(mine.size(),
        mine.stream().filter(row -> row.kind() == TargetKind.SERVER && servers.contains(row.server())).count());
  }

  /** @throws TargetRefused there is another one of that name */
  void change(UUID id, String name, @Nullable Integer uploadKbps, @Nullable Integer downloadKbps, String sealed) {
    try {
      jdbc.sql("""
          update backup_target set name = :name, upload_kbps = :upload, download_kbps = :download,
            secrets_sealed = :sealed, updated_at = now() where tenant_id = :tenant and id = :id
          """).param("name", name).param("upload", uploadKbps).param("download", downloadKbps).param("sealed", sealed)
          .param("tenant", tenant()).param("id", id).update();
    } catch (DuplicateKeyException e) {
      throw taken(e);
    }
  }

  /** Somebody got in, by this host key where there is one. */
  void reached(UUID id, @Nullable String hostKey, boolean isPrivate, boolean appendOnly) {
    jdbc.sql("""
        update backup_target set status = 'READY', check_failure = null, checked_at = now(), updated_at = now(),
          host_key = :key, private = :private, append_only = :appendOnly
        where tenant_id = :tenant and id = :id and status in ('NEW', 'READY', 'UNREACHABLE')
        """).param("key", hostKey).param("private", isPrivate).param("appendOnly", appendOnly).param("tenant", tenant())
        .param("id", id).update();
  }

  /** Nobody got in. One that nobody ever got into stays so. */
  void notReached(UUID id, String sentence) {
    jdbc.sql("""
        update backup_target set status = case status when 'READY' then 'UNREACHABLE' else status end,
          check_failure = :failure, checked_at = now(), updated_at = now()
        where tenant_id = :tenant and id = :id and status in ('NEW', 'READY', 'UNREACHABLE')
        """).param("failure", sentence).param("tenant", tenant()).param("id", id).update();
  }

  /** Work of a tenant failed at one that is shared, for what is nobody else's to read. */
  void troubled(UUID id, String sentence) {
    jdbc.sql("""
        update backup_target set check_failure = :failure, updated_at = now()
        where tenant_id = :tenant and id = :id and shared and status in ('READY', 'UNREACHABLE')
        """).param("failure", sentence).param("tenant", tenant()).param("id", id).update();
  }

  /** Its server has made it. */
  void made(UUID id, String location, String hostKey) {
    jdbc.sql("""
        update backup_target set location = :location, host_key = :key, check_failure = null, updated_at = now()
        where tenant_id = :tenant and id = :id and status <> 'REMOVED'
        """).param("location", location).param("key", hostKey).param("tenant", tenant()).param("id", id).update();
  }

  void removing(UUID id) {
    jdbc.sql("update backup_target set status = 'REMOVING', updated_at = now() where tenant_id = :tenant and id = :id"
        + " and status <> 'REMOVED'").param("tenant", tenant()).param("id", id).update();
  }

  /** It could not be removed. */
  void stays(UUID id, String sentence) {
    jdbc.sql("""
        update backup_target set status = case when location is null then 'NEW' else 'UNREACHABLE' end,
          check_failure = :failure, updated_at = now()
        where tenant_id = :tenant and id = :id and status = 'REMOVING'
        """).param("failure", sentence).param("tenant", tenant()).param("id", id).update();
  }

  /** It opens nothing any more. */
  void removed(UUID id) {
    jdbc.sql("""
        update backup_target set status = 'REMOVED', secrets_sealed = null, public_key = null, is_default = false,
          updated_at = now() where tenant_id = :tenant and id = :id
        """).param("tenant", tenant()).param("id", id).update();
  }

  void makeDefault(UUID id) {
    jdbc.sql("update backup_target set is_default = false where tenant_id = :tenant and is_default and id <> :id")
        .param("tenant", tenant()).param("id", id).update();
    jdbc.sql("update backup_target set is_default = true where tenant_id = :tenant and id = :id")
        .param("tenant", tenant()).param("id", id).update();
  }

  /** What stands in the way of its removal. */
  record Use(long backups, long schedules, long defaults) {}

  /** Of one of the tenant's own; of a shared one by all tenants. */
  Use use(Row row) {
    var mine = jdbc.sql("""
        select (select count(*) from backup_repository r join site_backup b
                  on b.tenant_id = r.tenant_id and b.repository_id = r.id and b.status in ('RUNNING', 'COMPLETED')
                where r.tenant_id = :tenant and r.target_id = :id) as backups,
               (select count(*) from backup_schedule s where s.tenant_id = :tenant and s.target_id = :id) as schedules
        """).param("tenant", tenant()).param("id", row.id())
        .query((found, n) -> new Use(found.getLong("backups"), found.getLong("schedules"), row.isDefault() ? 1 : 0))
        .single();
    if (!row.shared()) {
      return mine;
    }
    var all = jdbc.sql("select backups, schedules, defaults from shared_backup_target_use(:id)").param("id", row.id())
        .query((found, n) -> new Use(found.getLong("backups"), found.getLong("schedules"), found.getLong("defaults")))
        .single();
    return new Use(mine.backups() + all.backups(), mine.schedules() + all.schedules(),
        mine.defaults() + all.defaults());
  }

  private static final String THERE = " from site_backup b join backup_repository r on r.tenant_id = b.tenant_id"
      + " and r.id = b.repository_id join site s on s.tenant_id = b.tenant_id and s.id = b.site_id"
      + " where b.tenant_id = :tenant and r.target_id = :id and b.status = 'COMPLETED'";
  /** Whether the site has another good one somewhere else; with {@code %s} what more must be true of it. */
  private static final String ELSEWHERE = " and not exists (select from site_backup o join backup_repository p"
      + " on p.tenant_id = o.tenant_id and p.id = o.repository_id where o.tenant_id = b.tenant_id"
      + " and o.site_id = b.site_id and p.target_id <> :id and o.status = 'COMPLETED' and o.proof %s)";

  /** Whether something is being done with backups in it. */
  boolean busy(UUID id) {
    return jdbc.sql("""
        select exists (select from site_backup b join backup_repository r
                         on r.tenant_id = b.tenant_id and r.id = b.repository_id
                       where b.tenant_id = :tenant and r.target_id = :id
                         and (b.status = 'RUNNING' or b.activity is not null))
        """).param("tenant", tenant()).param("id", id).query(Boolean.class).single();
  }

  Targets.Loss loss(UUID id) {
    var backups = jdbc.sql("select count(*)" + THERE).param("tenant", tenant()).param("id", id).query(Long.class)
        .single();
    return new Targets.Loss(backups, domains(id, "b.proof <> 'BROKEN'", "<> 'BROKEN'"),
        domains(id, "b.proof = 'PROVEN'", "= 'PROVEN'"));
  }

  private List<String> domains(UUID id, String good, String elsewhere) {
    return jdbc.sql("select distinct s.domain" + THERE + " and s.status <> 'DELETED' and " + good
        + ELSEWHERE.formatted(elsewhere) + " order by 1").param("tenant", tenant()).param("id", id)
        .query((row, number) -> row.getString(1)).list();
  }

  /** What lay in it is no backup any more, and needs no room. */
  void lose(UUID id) {
    jdbc.sql("""
        update site_backup b set status = 'EXPIRED', pinned = false, failure = 'Its target was given up.'
        from backup_repository r where r.tenant_id = b.tenant_id and r.id = b.repository_id
          and b.tenant_id = :tenant and r.target_id = :id and b.status = 'COMPLETED'
        """).param("tenant", tenant()).param("id", id).update();
    jdbc.sql("update backup_repository set stored_bytes = 0 where tenant_id = :tenant and target_id = :id")
        .param("tenant", tenant()).param("id", id).update();
  }

  /** How much of the tenant's lies in each, by its row. */
  record Load(UUID target, long backups, long bytes) {}

  List<Load> loads() {
    return jdbc.sql("""
        select r.target_id, sum(r.stored_bytes) as bytes, sum((select count(*) from site_backup b
          where b.tenant_id = r.tenant_id and b.repository_id = r.id and b.status = 'COMPLETED')) as backups
        from backup_repository r where r.tenant_id = :tenant group by r.target_id
        """).param("tenant", tenant()).query((row, n) -> new Load(row.getObject("target_id", UUID.class),
        row.getLong("backups"), row.getLong("bytes"))).list();
  }

  /** Those that backups can go to now, the usual one first, then by name. */
  List<Targets.Option> options() {
    return jdbc.sql("""
        select coalesce(o.shared_from, o.id) as id, coalesce(s.name, o.name) as name, o.kind, o.is_default
        from backup_target o left join shared_backup_targets() s on s.id = o.shared_from
        where o.tenant_id = :tenant and o.status <> 'REMOVED'
          and case when o.shared_from is null then o.status else s.status end in ('READY', 'UNREACHABLE')
        union all
        select s.id, s.name, s.kind, false from shared_backup_targets() s
        where s.status in ('READY', 'UNREACHABLE') and s.tenant_id <> :tenant and not exists (
          select from backup_target t where t.tenant_id = :tenant and t.shared_from = s.id and t.status <> 'REMOVED')
        order by 4 desc, 2, 1
        """).param("tenant", tenant())
        .query((row, n) -> new Targets.Option(new TargetId(row.getObject("id", UUID.class)), row.getString("name"),
            TargetKind.valueOf(row.getString("kind")), row.getBoolean("is_default")))
        .list();
  }

  static boolean atHome() {
    return TenantContext.current().equals(TenantId.PLATFORM);
  }

  /** A new one of the current tenant; the platform's are for all. */
  static Row fresh(UUID id, NewTarget wanted, TargetStatus status, @Nullable String location, String sealed,
      @Nullable String publicKey, @Nullable String hostKey, boolean isPrivate, Actor actor) {
    return new Row(id, wanted.name(), wanted.kind(), status, location, atHome(), null, false, sealed, publicKey,
        hostKey, wanted.region(), wanted.authorities(), isPrivate, wanted.uploadKbps(), wanted.downloadKbps(),
        value(wanted.server()), false, null, null, actor.label(), Instant.EPOCH);
  }

  private static @Nullable UUID value(@Nullable ServerId server) {
    return server == null ? null : server.value();
  }

  private static Row read(ResultSet row, int n) throws SQLException {
    var checked = row.getTimestamp("checked_at");
    return new Row(row.getObject("id", UUID.class), row.getString("name"), TargetKind.valueOf(row.getString("kind")),
        TargetStatus.valueOf(row.getString("status")), row.getString("location"), row.getBoolean("shared"),
        row.getObject("shared_from", UUID.class), row.getBoolean("is_default"), row.getString("secrets_sealed"),
        row.getString("public_key"), row.getString("host_key"), row.getString("region"), row.getString("ca_bundle"),
        row.getBoolean("private"), row.getObject("upload_kbps", Integer.class),
        row.getObject("download_kbps", Integer.class), row.getObject("server_id", UUID.class),
        row.getBoolean("append_only"),
        checked == null ? null : checked.toInstant(), row.getString("check_failure"), row.getString("created_by"),
        row.getTimestamp("created_at").toInstant());
  }

  private static UUID tenant() {
    return TenantContext.current().value();
  }
}
