package io.chom.servers;

import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import tools.jackson.databind.ObjectMapper;

/** The current tenant's own servers (the platform's, for operators); every statement names the tenant. */
@Component
class ServerRows {
  private static final String COLUMNS = """
      select id, tenant_id, name, host, port, login_user, host_key, host_key_algorithm, key_id, private_key_sealed,
             public_key, status, rootless, capacity_sites, agent_version, protocol, os, php_versions, health::text as health,
             health_layer, health_at, created_at, agent_release, maintenance_reason, maintenance_since,
             maintenance_until, maintenance_by, other_key, other_key_id, other_key_sealed, other_key_public, key_since,
             decommissioned_at, left_behind
      from vps_server where tenant_id = :tenant
      """;

  private static final String IN_USE = " and status <> 'DECOMMISSIONED'";

  private final JdbcClient jdbc;
  private final ObjectMapper json;

  ServerRows(JdbcClient jdbc, ObjectMapper json) {
    this.jdbc = jdbc;
    this.json = json;
  }

  Optional<ServerRow> find(ServerId id) {
    return jdbc.sql(COLUMNS + " and id = :id").param("tenant", tenant()).param("id", id.value()).query(this::read)
        .optional();
  }

  /** For a change: nobody else changes this server until the transaction ends. */
  Optional<ServerRow> lock(ServerId id) {
    return jdbc.sql(COLUMNS + " and id = :id for update").param("tenant", tenant()).param("id", id.value())
        .query(this::read).optional();
  }

  Optional<ServerRow> at(String host, int port) {
    return jdbc.sql(COLUMNS + " and host = :host and port = :port" + IN_USE).param("tenant", tenant())
        .param("host", host)
        .param("port", port).query(this::read).optional();
  }

  /** As {@link #lock}, for whichever server is at that address. */
  Optional<ServerRow> lockAt(String host, int port) {
    return jdbc.sql(COLUMNS + " and host = :host and port = :port" + IN_USE + " for update").param("tenant", tenant())
        .param("host", host)
        .param("port", port).query(this::read).optional();
  }

  Optional<ServerRow> named(String name) {
    return jdbc.sql(COLUMNS + " and lower(name) = lower(:name)" + IN_USE + " limit 1").param("tenant", tenant())
        .param("name", name)
        .query(this::read).optional();
  }

  List<ServerRow> all() {
    return jdbc.sql(COLUMNS + IN_USE + " order by lower(name), id").param("tenant", tenant()).query(this::read).list();
  }

  /** Those that left the fleet, the last ones first. */
  List<ServerRow> former(int limit) {
    return jdbc.sql(COLUMNS + " and status = 'DECOMMISSIONED' order by decommissioned_at desc, id desc limit :limit")
        .param("tenant", tenant()).param("limit", limit).query(this::read).list();
  }

  /** Those of a page, by name; one more than the limit tells that there are further ones. */
  List<ServerRow> page(ServerFilter filter) {
    return jdbc.sql(COLUMNS + IN_USE + (filter.status() == null ? "" : " and status = :status")
        + (filter.search() == null
            ? ""
            : " and (position(:search in lower(name)) > 0 or position(:search in lower(host)) > 0)")
        + (filter.before() == null
            ? ""
            : " and (lower(name), id) > ((select lower(name) from vps_server"
                + " where tenant_id = :tenant and id = :before), :before)")
        + " order by lower(name), id limit :limit").param("tenant", tenant())
        .param("status", filter.status() == null ? null : filter.status().name())
        .param("search", filter.search() == null ? null : filter.search().strip().toLowerCase(Locale.ROOT))
        .param("before", filter.before() == null ? null : filter.before().value()).param("limit", filter.limit())
        .query(this::read).list();
  }

  List<ServerName> names() {
    return jdbc.sql("select id, name from vps_server where tenant_id = :tenant" + IN_USE + " order by lower(name), id")
        .param("tenant", tenant())
        .query((row, n) -> new ServerName(new ServerId(row.getObject("id", UUID.class)), row.getString("name"))).list();
  }

  /** Whether one that can be asked to change its agent has another one than this. */
  boolean tendedWithOther(String release) {
    return jdbc.sql("""
        select exists (select from vps_server where tenant_id = :tenant and status in ('READY', 'MAINTENANCE')
          and agent_version is not null and private_key_sealed <> '' and agent_release not in ('', :release))
        """).param("tenant", tenant()).param("release", release).query(Boolean.class).single();
  }

  /** How many sites live on those of these servers that are the current tenant's, whosoever sites they are. */
  Map<ServerId, Integer> load(Collection<ServerId> wanted) {
    Map<ServerId, Integer> sites = new HashMap<>();
    jdbc.sql("select server_id, sites from server_load(:wanted)")
        .param("wanted", wanted.stream().map(ServerId::value).toArray(UUID[]::new))
        .query(row -> {
          sites.put(new ServerId(row.getObject("server_id", UUID.class)), row.getInt("sites"));
        });
    return sites;
  }

  /** Whose server it is, if the current tenant has a place on it. */
  Optional<TenantId> ownerOfAllocated(ServerId id) {
    return jdbc.sql("select server_tenant_id from server_allocation where tenant_id = :tenant and server_id = :id")
        .param("tenant", tenant()).param("id", id.value()).query(UUID.class).optional().map(TenantId::new);
  }

  /** Keeps approvals of one address apart until the transaction ends. */
  void lockAddress(String host, int port) {
    jdbc.sql("select pg_advisory_xact_lock(hashtextextended(:address, 0))")
        .param("address", "chom.enrol." + tenant() + "." + host + ":" + port).query(row -> {});
  }

  void insert(ServerRow row) {
    jdbc.sql("""
        insert into vps_server (id, tenant_id, name, host, port, login_user, host_key, host_key_algorithm, key_id,
                                private_key_sealed, public_key, status, capacity_sites, created_at)
        values (:id, :tenant, :name, :host, :port, :user, :hostKey, :algorithm, :keyId, :sealed, :publicKey,
                :status, :capacity, :created)
        """).param("id", row.id().value()).param("tenant", tenant()).param("name", row.name())
        .param("host", row.host()).param("port", row.port()).param("user", row.loginUser())
        .param("hostKey", row.hostKey()).param("algorithm", row.hostKeyAlgorithm()).param("keyId", row.keyId())
        .param("sealed", row.privateKeySealed()).param("publicKey", row.publicKey())
        .param("status", row.status().name())
        .param("capacity", row.capacity()).param("created", Timestamp.from(row.createdAt())).update();
  }

  /** An enrolment begins again: another host key and key, the same server with its sites. */
  void enrolAgain(ServerRow row) {
    jdbc.sql("""
        update vps_server set name = :name, host_key = :hostKey, host_key_algorithm = :algorithm, key_id = :keyId,
               private_key_sealed = :sealed, public_key = :publicKey, status = 'ENROLLING', health = null,
               health_layer = null, key_since = now(), other_key = null, other_key_id = null, other_key_sealed = null,
               other_key_public = null, agent_release = null, drift = null, drift_at = null, drift_fault = null
        where tenant_id = :tenant and id = :id
        """).param("tenant", tenant()).param("id", row.id().value()).param("name", row.name())
        .param("hostKey", row.hostKey()).param("algorithm", row.hostKeyAlgorithm()).param("keyId", row.keyId())
        .param("sealed", row.privateKeySealed()).param("publicKey", row.publicKey()).update();
  }

  void enrolled(ServerId id, String user, boolean rootless, String agent, int protocol, @Nullable String os) {
    jdbc.sql("""
        update vps_server set status = 'PREPARING', login_user = :user, rootless = :rootless, agent_version = :agent,
               protocol = :protocol, os = :os
        where tenant_id = :tenant and id = :id
        """).param("tenant", tenant()).param("id", id.value()).param("user", user).param("rootless", rootless)
        .param("agent", agent).param("protocol", protocol).param("os", os, Types.VARCHAR).update();
  }

  /** Nothing, if the server was stopped or enrolled again in the meantime. */
  void prepared(ServerId id, @Nullable String os, List<String> phpVersions) {
    jdbc.sql("""
        update vps_server set status = case when maintenance_since is null then 'READY' else 'MAINTENANCE' end,
               os = coalesce(:os, os), php_versions = string_to_array(:php, ',')
        where tenant_id = :tenant and id = :id and status = 'PREPARING'
        """).param("tenant", tenant()).param("id", id.value()).param("os", os, Types.VARCHAR)
        .param("php", String.join(",", phpVersions)).update();
  }

  /** The key is of no use to anybody any more. */
  void forgetKey(ServerId id) {
    jdbc.sql(
        """
            update vps_server set private_key_sealed = '', public_key = '', key_id = '', other_key = null,
                   other_key_id = null, other_key_sealed = null, other_key_public = null where tenant_id = :tenant and id = :id
            """)
        .param("tenant", tenant()).param("id", id.value()).update();
  }

  /** Moves on from the status the caller saw; refuses a step the status does not know. */
  boolean become(ServerRow seen, ServerStatus next) {
    if (!seen.status().next().contains(next)) {
      throw new IllegalStateException("A server does not go from " + seen.status() + " to " + next);
    }
    return jdbc.sql("update vps_server set status = :next where tenant_id = :tenant and id = :id and status = :seen")
        .param("tenant", tenant()).param("id", seen.id().value()).param("next", next.name())
        .param("seen", seen.status().name()).update() == 1;
  }

  void healthy(ServerId id, Health health, @Nullable FailingLayer layer) {
    jdbc.sql("""
        update vps_server set health = cast(:health as jsonb), health_layer = :layer
        where tenant_id = :tenant and id = :id
        """).param("tenant", tenant()).param("id", id.value()).param("health", json.writeValueAsString(health))
        .param("layer", layer == null ? null : layer.name(), Types.VARCHAR).update();
  }

  /** What was seen before counts no more; the next probe is due at once. */
  void lookAgain(ServerId id) {
    jdbc.sql("update vps_server set health_at = null where tenant_id = :tenant and id = :id").param("tenant", tenant())
        .param("id", id.value()).update();
  }

  /** As if the last look had not been. */
  void lookedAt(ServerId id, @Nullable Instant before) {
    jdbc.sql("update vps_server set health_at = :before where tenant_id = :tenant and id = :id")
        .param("before", before == null ? null : Timestamp.from(before), Types.TIMESTAMP).param("tenant", tenant())
        .param("id", id.value()).update();
  }

  void trust(ServerId id, String fingerprint, String algorithm) {
    jdbc.sql("""
        update vps_server set host_key = :key, host_key_algorithm = :algorithm where tenant_id = :tenant and id = :id
        """).param("tenant", tenant()).param("id", id.value()).param("key", fingerprint)
        .param("algorithm", algorithm).update();
  }

  /** Takes the right to probe it now; of several nodes one gets it. */
  boolean takeProbe(ServerId id, java.time.Duration every) {
    return jdbc.sql("""
        update vps_server set health_at = now()
        where tenant_id = :tenant and id = :id and status in ('READY', 'UNREACHABLE', 'PREPARING', 'MAINTENANCE')
          and (health_at is null or health_at <= now() - cast(:every as interval))
        """).param("tenant", tenant()).param("id", id.value()).param("every", every.toMillis() + " milliseconds")
        .update() == 1;
  }

  void maintain(ServerId id, @Nullable MaintenanceNote note) {
    jdbc.sql("""
        update vps_server set maintenance_reason = :reason, maintenance_since = :since, maintenance_until = :until,
               maintenance_by = :by
        where tenant_id = :tenant and id = :id
        """).param("tenant", tenant()).param("id", id.value())
        .param("reason", note == null ? null : note.reason(), Types.VARCHAR)
        .param("since", note == null ? null : Timestamp.from(note.since()), Types.TIMESTAMP)
        .param("until", note == null || note.until() == null ? null : Timestamp.from(note.until()), Types.TIMESTAMP)
        .param("by", note == null ? null : note.by(), Types.VARCHAR).update();
  }

  /** A second key, not in force; nothing if there is one already. */
  void keepNext(ServerId id, Upkeep.OtherKey next) {
    jdbc.sql("""
        update vps_server set other_key = 'NEXT', other_key_id = :keyId, other_key_sealed = :sealed,
               other_key_public = :publicKey
        where tenant_id = :tenant and id = :id and other_key is null
        """).param("tenant", tenant()).param("id", id.value()).param("keyId", next.id()).param("sealed", next.sealed())
        .param("publicKey", next.publicKey()).update();
  }

  /** The next key was seen to open: it is in force, and the one before is the other. */
  boolean promote(ServerId id, String nextKeyId) {
    return jdbc.sql("""
        update vps_server set other_key = 'PREVIOUS', other_key_id = key_id, other_key_sealed = private_key_sealed,
               other_key_public = public_key, key_id = other_key_id, private_key_sealed = other_key_sealed,
               public_key = other_key_public, key_since = now()
        where tenant_id = :tenant and id = :id and other_key = 'NEXT' and other_key_id = :next
        """).param("tenant", tenant()).param("id", id.value()).param("next", nextKeyId).update() == 1;
  }

  void forgetOther(ServerId id) {
    jdbc.sql("""
        update vps_server set other_key = null, other_key_id = null, other_key_sealed = null, other_key_public = null
        where tenant_id = :tenant and id = :id
        """).param("tenant", tenant()).param("id", id.value()).update();
  }

  void runs(ServerId id, String agent, int protocol, String release) {
    jdbc.sql("""
        update vps_server set agent_version = :agent, protocol = :protocol, agent_release = :release
        where tenant_id = :tenant and id = :id
        """).param("tenant", tenant()).param("id", id.value()).param("agent", agent).param("protocol", protocol)
        .param("release", release).update();
  }

  void decommissioned(ServerId id, List<String> leftBehind) {
    jdbc.sql("""
        update vps_server set status = 'DECOMMISSIONED', decommissioned_at = now(), left_behind = :left,
               maintenance_reason = null, maintenance_since = null, maintenance_until = null, maintenance_by = null,
               drift = null, drift_at = null, drift_fault = null
        where tenant_id = :tenant and id = :id and status = 'DECOMMISSIONING'
        """).param("tenant", tenant()).param("id", id.value()).param("left", leftBehind.toArray(String[]::new))
        .update();
    jdbc.sql("select withdraw_server_places(:id)").param("id", id.value()).query(row -> {});
  }

  /** Until the transaction ends nobody takes a place there. */
  void lockPlaces(ServerId id) {
    jdbc.sql("select pg_advisory_xact_lock(hashtextextended('chom.server.' || :id, 0))").param("id", id.toString())
        .query(row -> {});
  }

  private static UUID tenant() {
    return TenantContext.current().value();
  }

  private ServerRow read(ResultSet row, int n) throws SQLException {
    Timestamp healthAt = row.getTimestamp("health_at");
    String health = row.getString("health");
    String layer = row.getString("health_layer");
    return new ServerRow(new ServerId(row.getObject("id", UUID.class)),
        new TenantId(row.getObject("tenant_id", UUID.class)), row.getString("name"), row.getString("host"),
        row.getInt("port"), row.getString("login_user"), row.getString("host_key"),
        row.getString("host_key_algorithm"), row.getString("key_id"), row.getString("private_key_sealed"),
        row.getString("public_key"),
        ServerStatus.valueOf(row.getString("status")), row.getBoolean("rootless"), row.getInt("capacity_sites"),
        row.getString("agent_version"), row.getObject("protocol", Integer.class), row.getString("os"),
        texts(row.getArray("php_versions")), health == null ? Health.NONE : json.readValue(health, Health.class),
        layer == null ? null : FailingLayer.valueOf(layer), healthAt == null ? null : healthAt.toInstant(),
        row.getTimestamp("created_at").toInstant(), upkeep(row));
  }

  private static Upkeep upkeep(ResultSet row) throws SQLException {
    String other = row.getString("other_key");
    String reason = row.getString("maintenance_reason");
    return new Upkeep(
        reason == null
            ? null
            : new MaintenanceNote(reason, row.getTimestamp("maintenance_since").toInstant(),
                instant(row, "maintenance_until"), row.getString("maintenance_by")),
        other == null
            ? null
            : new Upkeep.OtherKey(row.getString("other_key_id"), row.getString("other_key_sealed"),
                row.getString("other_key_public"), other.equals("PREVIOUS")),
        row.getTimestamp("key_since").toInstant(), row.getString("agent_release"), instant(row, "decommissioned_at"),
        texts(row.getArray("left_behind")));
  }

  private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
    Timestamp at = row.getTimestamp(column);
    return at == null ? null : at.toInstant();
  }

  static List<String> texts(Array array) throws SQLException {
    return Arrays.asList((String[]) array.getArray());
  }
}
