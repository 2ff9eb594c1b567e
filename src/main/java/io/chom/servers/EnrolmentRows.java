package io.chom.servers;

import io.chom.common.Actor;
import io.chom.tenancy.TenantContext;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The current tenant's enrolments. */
@Component
class EnrolmentRows {
  private final JdbcClient jdbc;

  EnrolmentRows(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  void insert(EnrolmentRow row, Actor actor) {
    jdbc.sql("""
        insert into server_enrolment (id, tenant_id, host, port, login_user, host_key, host_key_algorithm, status,
                                      requested_by, created_at, expires_at)
        values (:id, :tenant, :host, :port, :user, :key, :algorithm, :status, :actor, :created, :expires)
        """).param("id", row.id().value()).param("tenant", tenant()).param("host", row.host())
        .param("port", row.port()).param("user", row.loginUser()).param("key", row.fingerprint())
        .param("algorithm", row.algorithm()).param("status", row.status().name())
        .param("actor", actor.user() == null ? null : actor.user().value(), Types.OTHER)
        .param("created", Timestamp.from(row.createdAt())).param("expires", Timestamp.from(row.expiresAt())).update();
  }

  Optional<EnrolmentRow> find(EnrolmentId id) {
    return jdbc.sql("""
        select id, host, port, login_user, host_key, host_key_algorithm, status, error_code, server_id, created_at,
               expires_at
        from server_enrolment where tenant_id = :tenant and id = :id
        """).param("tenant", tenant()).param("id", id.value()).query(EnrolmentRows::read).optional();
  }

  /** Of two approvals at once one changes the row. */
  boolean approve(EnrolmentId id, String user, ServerId server) {
    return jdbc.sql("""
        update server_enrolment set status = 'APPROVED', login_user = :user, server_id = :server, error_code = null
        where tenant_id = :tenant and id = :id and status in ('SCANNED', 'FAILED')
        """).param("tenant", tenant()).param("id", id.value()).param("user", user).param("server", server.value())
        .update() == 1;
  }

  void end(EnrolmentId id, EnrolmentStatus status, @Nullable String errorCode) {
    jdbc.sql("""
        update server_enrolment set status = :status, error_code = :code
        where tenant_id = :tenant and id = :id and status = 'APPROVED'
        """).param("tenant", tenant()).param("id", id.value()).param("status", status.name())
        .param("code", errorCode, Types.VARCHAR).update();
  }

  private static UUID tenant() {
    return TenantContext.current().value();
  }

  private static EnrolmentRow read(ResultSet row, int n) throws SQLException {
    UUID server = row.getObject("server_id", UUID.class);
    return new EnrolmentRow(new EnrolmentId(row.getObject("id", UUID.class)), row.getString("host"),
        row.getInt("port"), row.getString("login_user"), row.getString("host_key"),
        row.getString("host_key_algorithm"), EnrolmentStatus.valueOf(row.getString("status")),
        row.getString("error_code"), server == null ? null : new ServerId(server),
        row.getTimestamp("created_at").toInstant(), row.getTimestamp("expires_at").toInstant());
  }
}
