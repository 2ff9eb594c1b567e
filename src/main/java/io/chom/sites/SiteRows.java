package io.chom.sites;

import io.chom.tenancy.TenantContext;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Reads the current tenant's sites for lists and pages, one statement each. */
@Component
class SiteRows {
  private static final String COLUMNS = """
      select s.id, s.domain, s.type, s.php_version, s.status, s.server_id, a.server_name, a.public_host, s.unix_user,
             s.document_root, s.storage_used_mb, s.storage_at, s.ssl_enabled, s.ssl_expires_at, s.failure, s.half_restored,
             s.created_at
      from site s join server_allocation a on a.tenant_id = s.tenant_id and a.server_id = s.server_id
      where s.tenant_id = :tenant
      """;

  private final JdbcClient jdbc;

  SiteRows(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  Optional<SiteView> find(SiteId id) {
    return jdbc.sql(COLUMNS + " and s.id = :id and s.status <> 'DELETED'").param("tenant", tenant())
        .param("id", id.value()).query(SiteRows::read).optional();
  }

  List<SiteView> page(SiteFilter filter) {
    // a text of its own for each choice: the database plans a prepared statement once for all that it may be asked
    return jdbc.sql(COLUMNS + " and s.status <> 'DELETED'" + (filter.status() == null ? "" : " and s.status = :status")
        + (filter.search() == null ? "" : " and position(:search in s.domain) > 0")
        + (filter.before() == null
            ? ""
            : " and (s.created_at, s.id) < ((select created_at from site"
                + " where tenant_id = :tenant and id = :before), :before)")
        + " order by s.created_at desc, s.id desc limit :limit").param("tenant", tenant())
        .param("status", filter.status() == null ? null : filter.status().name())
        .param("search", filter.search() == null ? null : filter.search().strip().toLowerCase(Locale.ROOT))
        .param("before", filter.before() == null ? null : filter.before().value()).param("limit", filter.limit())
        .query(SiteRows::read).list();
  }

  List<SiteView> on(UUID server, int limit) {
    return jdbc.sql(COLUMNS + """
         and s.server_id = :server and s.status <> 'DELETED' order by s.created_at desc, s.id desc limit :limit
        """).param("tenant", tenant()).param("server", server).param("limit", limit).query(SiteRows::read).list();
  }

  /** Those that can be brought back, the last deleted first. */
  List<DeletedSite> deleted(int limit) {
    return jdbc.sql("""
        select s.id, s.domain, s.type, a.server_name, s.deleted_at, s.retained_until
        from site s join server_allocation a on a.tenant_id = s.tenant_id and a.server_id = s.server_id
        where s.tenant_id = :tenant and s.status = 'DELETED' and s.retained_until is not null and not s.purging
        order by s.deleted_at desc, s.id desc limit :limit
        """).param("tenant", tenant()).param("limit", limit)
        .query((row, n) -> new DeletedSite(new SiteId(row.getObject("id", UUID.class)), row.getString("domain"),
            SiteType.of(row.getString("type")), row.getString("server_name"),
            row.getTimestamp("deleted_at").toInstant(), row.getTimestamp("retained_until").toInstant()))
        .list();
  }

  /** Those that are there, by domain. */
  List<SiteName> names(int limit) {
    return jdbc.sql("""
        select id, domain from site where tenant_id = :tenant and status <> 'DELETED' order by domain limit :limit
        """).param("tenant", tenant()).param("limit", limit)
        .query((row, n) -> new SiteName(new SiteId(row.getObject("id", UUID.class)), row.getString("domain"))).list();
  }

  SiteStats stats() {
    return jdbc.sql("""
        select count(*) as total, count(*) filter (where status = 'ACTIVE') as active,
               coalesce(sum(storage_used_mb), 0) as storage,
               count(*) filter (where ssl_enabled and ssl_expires_at > now()
                                and ssl_expires_at <= now() + interval '30 days') as expiring
        from site where tenant_id = :tenant and status <> 'DELETED'
        """).param("tenant", tenant()).query((row, n) -> new SiteStats(row.getLong("total"), row.getLong("active"),
        row.getLong("storage"), row.getLong("expiring"))).single();
  }

  /** Whether a name is free in the whole installation; tells nothing of who has it. */
  boolean free(DomainName domain) {
    return jdbc.sql("select domain_is_free(:domain)").param("domain", domain.value()).query(Boolean.class).single();
  }

  private static UUID tenant() {
    return TenantContext.current().value();
  }

  private static SiteView read(ResultSet row, int n) throws SQLException {
    return new SiteView(new SiteId(row.getObject("id", UUID.class)), row.getString("domain"),
        SiteType.of(row.getString("type")), row.getString("php_version"), SiteStatus.valueOf(row.getString("status")),
        row.getObject("server_id", UUID.class), row.getString("server_name"), row.getString("public_host"),
        row.getString("unix_user"), row.getString("document_root"), row.getLong("storage_used_mb"),
        maybe(row.getTimestamp("storage_at")),
        row.getBoolean("ssl_enabled"), maybe(row.getTimestamp("ssl_expires_at")), row.getString("failure"),
        row.getBoolean("half_restored"), row.getTimestamp("created_at").toInstant());
  }

  private static @Nullable Instant maybe(@Nullable Timestamp at) {
    return at == null ? null : at.toInstant();
  }
}
