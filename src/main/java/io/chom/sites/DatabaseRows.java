package io.chom.sites;

import io.chom.secrets.SecretBox;
import io.chom.tenancy.TenantContext;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The current tenant's databases, one statement each. Their passwords leave the table sealed or not at all. */
@Component
class DatabaseRows {
  private static final String COLUMNS = """
      select d.id, d.site_id, d.name, s.unix_user || '_' || d.name as database, d.status, d.failure, d.created_at,
             case when d.password_sealed is not null then d.password_for end as password_for
      from site_database d join site s on s.tenant_id = d.tenant_id and s.id = d.site_id
      where d.tenant_id = :tenant
      """;

  private final JdbcClient jdbc;
  private final SecretBox secrets;

  DatabaseRows(JdbcClient jdbc, SecretBox secrets) {
    this.jdbc = jdbc;
    this.secrets = secrets;
  }

  /** Those that are not dropped, by name. */
  List<DatabaseView> of(SiteId site) {
    return jdbc.sql(COLUMNS + " and d.site_id = :site and d.status <> 'DROPPED' order by d.name")
        .param("tenant", tenant()).param("site", site.value()).query(DatabaseRows::read).list();
  }

  /** Those that a page may still show. */
  List<DatabaseView> seenOf(SiteId site) {
    return jdbc
        .sql(COLUMNS + " and d.site_id = :site and (d.status <> 'DROPPED' or d.updated_at > now() - interval '1 day')"
            + " order by d.updated_at desc limit 40")
        .param("tenant", tenant()).param("site", site.value())
        .query(DatabaseRows::read).list();
  }

  /** Dropped ones included. */
  Optional<DatabaseView> find(DatabaseId id) {
    return jdbc.sql(COLUMNS + " and d.id = :id").param("tenant", tenant()).param("id", id.value())
        .query(DatabaseRows::read).optional();
  }

  void insert(DatabaseId id, SiteId site, String name) {
    jdbc.sql("""
        insert into site_database (id, tenant_id, site_id, name, status)
        values (:id, :tenant, :site, :name, 'CREATING')
        """).param("id", id.value()).param("tenant", tenant()).param("site", site.value()).param("name", name)
        .update();
  }

  /**
   * Moves on to another status.
   *
   * @throws DatabaseRefused its present status does not allow it
   */
  void become(DatabaseView database, DatabaseStatus next, @Nullable String failure) {
    boolean allowed = database.status().next().contains(next);
    if (!allowed || jdbc.sql("""
        update site_database set status = :next, failure = :failure, updated_at = now(),
               password_sealed = case when :next = 'DROPPED' then null else password_sealed end
        where tenant_id = :tenant and id = :id and status = :was
        """).param("next", next.name()).param("failure", failure).param("tenant", tenant())
        .param("id", database.id().value()).param("was", database.status().name()).update() == 0) {
      throw new DatabaseRefused(DatabaseRefused.Reason.NOT_IN_THIS_STATE, "status");
    }
  }

  void seal(DatabaseId id, String password, @Nullable UUID whoMaySeeIt) {
    jdbc.sql("""
        update site_database set password_sealed = :sealed, password_for = :person
        where tenant_id = :tenant and id = :id
        """).param("sealed", secrets.seal(password, context(id))).param("person", whoMaySeeIt)
        .param("tenant", tenant()).param("id", id.value()).update();
  }

  /** For the work on the server; it stays sealed here. */
  Optional<String> password(DatabaseId id) {
    return jdbc.sql("select password_sealed from site_database where tenant_id = :tenant and id = :id"
        + " and password_sealed is not null").param("tenant", tenant()).param("id", id.value()).query(String.class)
        .optional().map(sealed -> secrets.open(sealed, context(id)));
  }

  /** Takes the password out for the one it was made for; the first of several askers gets it. */
  Optional<String> takePassword(DatabaseId id, UUID person) {
    // locked before it is read: what is forgotten is exactly what is answered
    return jdbc.sql("""
        select password_sealed from site_database
        where tenant_id = :tenant and id = :id and status = 'ACTIVE' and password_for = :person
          and password_sealed is not null
        for update
        """).param("tenant", tenant()).param("id", id.value()).param("person", person).query(String.class).optional()
        .map(sealed -> {
          forgetPassword(id);
          return secrets.open(sealed, context(id));
        });
  }

  void forgetPassword(DatabaseId id) {
    jdbc.sql("update site_database set password_sealed = null where tenant_id = :tenant and id = :id")
        .param("tenant", tenant()).param("id", id.value()).update();
  }

  /** Its site was purged, and they with it. */
  void goneWith(UUID site) {
    jdbc.sql("""
        update site_database set status = 'DROPPED', failure = null, password_sealed = null, updated_at = now()
        where tenant_id = :tenant and site_id = :site and status <> 'DROPPED'
        """).param("tenant", tenant()).param("site", site).update();
  }

  /** A sealed password opens in its own row only. */
  private static String context(DatabaseId id) {
    return "database:" + id;
  }

  private static UUID tenant() {
    return TenantContext.current().value();
  }

  private static DatabaseView read(ResultSet row, int n) throws SQLException {
    return new DatabaseView(new DatabaseId(row.getObject("id", UUID.class)),
        new SiteId(row.getObject("site_id", UUID.class)), row.getString("name"), row.getString("database"),
        DatabaseStatus.valueOf(row.getString("status")), row.getString("failure"),
        row.getObject("password_for", UUID.class), row.getTimestamp("created_at").toInstant());
  }
}
