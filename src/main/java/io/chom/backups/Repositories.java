package io.chom.backups;

import io.chom.common.Uuid7;
import io.chom.secrets.SecretBox;
import io.chom.sites.KnownSite;
import io.chom.tenancy.TenantContext;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * The current tenant's places for backups, each made when it is first needed. A repository's key is made here, is the
 * only one that opens it, and leaves the table sealed or not at all.
 */
@Component
class Repositories {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int KEY_BYTES = 32;

  private final JdbcClient jdbc;
  private final SecretBox secrets;
  private final BackupsProperties properties;

  Repositories(JdbcClient jdbc, SecretBox secrets, BackupsProperties properties) {
    this.jdbc = jdbc;
    this.secrets = secrets;
    this.properties = properties;
  }

  /** The repository that a site's next backup goes to. Call it while the site is held. */
  UUID of(KnownSite site) {
    var target = target();
    return jdbc.sql("select id from backup_repository where tenant_id = :tenant and site_id = :site"
        + " and target_id = :target").param("tenant", tenant()).param("site", site.id().value())
        .param("target", target).query(UUID.class).optional().orElseGet(() -> make(site, target));
  }

  private UUID make(KnownSite site, UUID target) {
    var id = Uuid7.next();
    jdbc.sql("""
        insert into backup_repository (id, tenant_id, site_id, target_id, server_id, key_sealed)
        values (:id, :tenant, :site, :target, :server, :key)
        """).param("id", id).param("tenant", tenant()).param("site", site.id().value()).param("target", target)
        .param("server", site.server()).param("key", secrets.seal(newKey(), context(id))).update();
    return id;
  }

  /** The directory on each site's own server. */
  private UUID target() {
    // sites of one tenant may get their first backups together
    jdbc.sql("""
        insert into backup_target (id, tenant_id, name, kind, location)
        values (:id, :tenant, 'local', 'LOCAL', :location) on conflict (tenant_id, kind, location) do nothing
        """).param("id", Uuid7.next()).param("tenant", tenant()).param("location", properties.directory()).update();
    return jdbc
        .sql("select id from backup_target where tenant_id = :tenant and kind = 'LOCAL' and location = :location")
        .param("tenant", tenant()).param("location", properties.directory()).query(UUID.class).single();
  }

  /** How the work on the server gets at it; what is secret is opened here, and goes nowhere but there. */
  Reach reach(UUID repository) {
    var place = place(repository);
    return new Reach(String.valueOf(place.get("repository")), place, Map.of("key", key(repository)));
  }

  /** The arguments that say where it is, without what is secret. */
  Map<String, Object> place(UUID repository) {
    return Map.of("repository", jdbc.sql("""
        select 'local:' || t.location || '/' || r.site_id
        from backup_repository r join backup_target t on t.tenant_id = r.tenant_id and t.id = r.target_id
        where r.tenant_id = :tenant and r.id = :id
        """).param("tenant", tenant()).param("id", repository).query(String.class).single());
  }

  private String key(UUID repository) {
    return secrets.open(jdbc.sql("select key_sealed from backup_repository where tenant_id = :tenant and id = :id")
        .param("tenant", tenant()).param("id", repository).query(String.class).single(), context(repository));
  }

  /** A backup has come to it. */
  void grew(UUID repository, long bytes) {
    jdbc.sql("update backup_repository set stored_bytes = stored_bytes + :bytes where tenant_id = :tenant and id = :id")
        .param("bytes", Math.max(0, bytes)).param("tenant", tenant()).param("id", repository).update();
  }

  /** Its server has said how large it is. */
  void measured(UUID repository, long bytes) {
    jdbc.sql("update backup_repository set stored_bytes = :bytes where tenant_id = :tenant and id = :id")
        .param("bytes", Math.max(0, bytes)).param("tenant", tenant()).param("id", repository).update();
  }

  /** Something went from it, nobody knows how much; of one without backups it was all. */
  void emptied(UUID repository) {
    jdbc.sql("""
        update backup_repository r set stored_bytes = 0 where r.tenant_id = :tenant and r.id = :id
          and not exists (select from site_backup b where b.tenant_id = r.tenant_id and b.repository_id = r.id
                          and b.status = 'COMPLETED')
        """).param("tenant", tenant()).param("id", repository).update();
  }

  /** What all of the tenant's need. */
  long storedBytes() {
    return jdbc.sql("select coalesce(sum(stored_bytes), 0) from backup_repository where tenant_id = :tenant")
        .param("tenant", tenant()).query(Long.class).single();
  }

  private static String newKey() {
    var bytes = new byte[KEY_BYTES];
    RANDOM.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** A sealed key opens in its own row only. */
  private static String context(UUID repository) {
    return "backup-repository:" + repository;
  }

  private static UUID tenant() {
    return TenantContext.current().value();
  }
}
