package io.chom.servers;

import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
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
             health_layer, health_at, created_at
      from vps_server where tenant_id = :tenant
      """;

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
    return jdbc.sql(COLUMNS + " and host = :host and port = :port").param("tenant", tenant()).param("host", host)
        .param("port", port).query(this::read).optional();
  }

  /** As {@link #lock}, for whichever server is at that address. */
  Optional<ServerRow> lockAt(String host, int port) {
    return jdbc.sql(COLUMNS + " and host = :host and port = :port for update").param("tenant", tenant())
        .param("host", host)
        .param("port", port).query(this::read).optional();
  }

  Optional<ServerRow> named(String name) {
    return jdbc.sql(COLUMNS + " and lower(name) = lower(:name) limit 1").param("tenant", tenant()).param("name", name)
        .query(this::read).optional();
  }

  List<ServerRow> all() {
    return jdbc.sql(COLUMNS + " order by lower(name), id").param("tenant", tenant()).query(this::read).list();
  }

  /** How many sites live on each of the current tenant's servers, whosoever sites they are. */
  Map<ServerId, Integer> load() {
    Map<ServerId, Integer> sites = new HashMap<>();
    jdbc.sql("select server_id, sites from server_load()")
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
               health_layer = null
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
        update vps_server set status = 'READY', os = coalesce(:os, os), php_versions = string_to_array(:php, ',')
        where tenant_id = :tenant and id = :id and status = 'PREPARING'
        """).param("tenant", tenant()).param("id", id.value()).param("os", os, Types.VARCHAR)
        .param("php", String.join(",", phpVersions)).update();
  }

  /** The key is of no use to anybody any more. */
  void forgetKey(ServerId id) {
    jdbc.sql(
        """
            update vps_server set private_key_sealed = '', public_key = '', key_id = '' where tenant_id = :tenant and id = :id
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
        where tenant_id = :tenant and id = :id and status in ('READY', 'UNREACHABLE')
          and (health_at is null or health_at <= now() - cast(:every as interval))
        """).param("tenant", tenant()).param("id", id.value()).param("every", every.toMillis() + " milliseconds")
        .update() == 1;
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
        row.getTimestamp("created_at").toInstant());
  }

  static List<String> texts(Array array) throws SQLException {
    return Arrays.asList((String[]) array.getArray());
  }
}
