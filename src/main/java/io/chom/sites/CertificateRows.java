package io.chom.sites;

import io.chom.common.Uuid7;
import io.chom.tenancy.TenantContext;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The current tenant's certificates. Whoever changes one holds its site's lock. */
@Component
class CertificateRows {
  private final JdbcClient jdbc;

  CertificateRows(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  Optional<CertificateView> of(UUID site) {
    return jdbc.sql("""
        select id, site_id, status, issuer, serial, not_before, not_after, failures, failure_code, failure, failed_at,
               renew_at
        from certificate where tenant_id = :tenant and site_id = :site
        """).param("tenant", tenant()).param("site", site).query(CertificateRows::read).optional();
  }

  /** Notes that one has been asked for; the times of the one that is served stay. */
  void asked(UUID site, CertificateStatus status, Instant now) {
    int known = jdbc.sql("""
        update certificate set status = :status, renew_at = null, updated_at = :now
        where tenant_id = :tenant and site_id = :site
        """).param("status", status.name()).param("now", Timestamp.from(now)).param("tenant", tenant())
        .param("site", site).update();
    if (known == 0) {
      jdbc.sql("""
          insert into certificate (id, tenant_id, site_id, status, created_at, updated_at)
          values (:id, :tenant, :site, :status, :now, :now)
          """).param("id", Uuid7.next()).param("tenant", tenant()).param("site", site).param("status", status.name())
          .param("now", Timestamp.from(now)).update();
    }
  }

  void served(UUID site, IssuedCertificate issued, Instant renewAt, Instant now) {
    jdbc.sql("""
        update certificate set status = 'ACTIVE', issuer = :issuer, serial = :serial, not_before = :from,
               not_after = :until, failures = 0, failure_code = null, failure = null, failed_at = null,
               renew_at = :renew, updated_at = :now
        where tenant_id = :tenant and site_id = :site
        """).param("issuer", issued.issuer()).param("serial", issued.serial())
        .param("from", Timestamp.from(issued.notBefore())).param("until", Timestamp.from(issued.notAfter()))
        .param("renew", Timestamp.from(renewAt)).param("now", Timestamp.from(now)).param("tenant", tenant())
        .param("site", site).update();
  }

  void failed(UUID site, CertificateStatus status, String code, String reason, @Nullable Instant renewAt, Instant now) {
    jdbc.sql("""
        update certificate set status = :status, failures = failures + 1, failure_code = :code, failure = :reason,
               failed_at = :now, renew_at = :renew, updated_at = :now
        where tenant_id = :tenant and site_id = :site
        """).param("status", status.name()).param("code", code).param("reason", reason)
        .param("now", Timestamp.from(now))
        .param("renew", renewAt == null ? null : Timestamp.from(renewAt), Types.TIMESTAMP)
        .param("tenant", tenant()).param("site", site).update();
  }

  private static UUID tenant() {
    return TenantContext.current().value();
  }

  private static CertificateView read(ResultSet row, int n) throws SQLException {
    return new CertificateView(row.getObject("id", UUID.class), new SiteId(row.getObject("site_id", UUID.class)),
        CertificateStatus.valueOf(row.getString("status")), row.getString("issuer"), row.getString("serial"),
        maybe(row.getTimestamp("not_before")), maybe(row.getTimestamp("not_after")), row.getInt("failures"),
        row.getString("failure_code"), row.getString("failure"), maybe(row.getTimestamp("failed_at")),
        maybe(row.getTimestamp("renew_at")));
  }

  private static @Nullable Instant maybe(@Nullable Timestamp at) {
    return at == null ? null : at.toInstant();
  }
}
