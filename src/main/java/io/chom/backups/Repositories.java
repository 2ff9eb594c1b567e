package io.chom.backups;

import io.chom.common.Uuid7;
import io.chom.secrets.SecretBox;
import io.chom.servers.ServerId;
import io.chom.servers.Servers;
import io.chom.sites.KnownSite;
import io.chom.sites.SiteId;
import io.chom.tenancy.TenantContext;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * The current tenant's places for backups, each made when it is first needed. A repository's key is made here, is the
 * only one that opens it, and leaves the table sealed or not at all.
 */
@Component
class Repositories {
  private final JdbcClient jdbc;
  private final SecretBox secrets;
  private final TargetRows targets;
  private final TargetReach places;
  private final TargetSecrets opens;
  private final Servers servers;
  private final BackupsProperties properties;

  Repositories(JdbcClient jdbc, SecretBox secrets, TargetRows targets, TargetReach places, TargetSecrets opens,
      Servers servers, BackupsProperties properties) {
    this.jdbc = jdbc;
    this.secrets = secrets;
    this.targets = targets;
    this.places = places;
    this.opens = opens;
    this.servers = servers;
    this.properties = properties;
  }

  /**
   * The repository that a site's next backup goes to. Call it while the site is held.
   *
   * @param wanted null for wherever the tenant's backups go
   * @throws TargetNotFound the tenant may not use that
   * @throws TargetRefused it cannot be used now, or not for this site
   */
  UUID of(KnownSite site, @Nullable TargetId wanted) {
    var target = usable(site, wanted);
    return inUseAt(site, target.id());
  }

  /** What opens a place that an operator shares goes to his own servers only: whoever is root on another would read it. */
  boolean onlyForShared(UUID repository) {
    return rowOf(repository).sharedFrom() != null;
  }

  /**
   * Sees to {@link #onlyForShared}.
   *
   * @throws TargetRefused the repository lies in such a place, and the server is the tenant's own
   */
  void requireFor(UUID repository, UUID server) {
    if (onlyForShared(repository) && !servers.ofTenant(new ServerId(server)).shared()) {
      throw new TargetRefused(TargetRefused.Reason.TARGET_ONLY_ON_SHARED_SERVERS, "to");
    }
  }

  /** The tenant's row of a target for a site's backups; fails as {@link #of}. */
  TargetRows.Row usable(KnownSite site, @Nullable TargetId wanted) {
    var target = target(wanted);
    OwnTargets.requireUsable(targets.whole(target));
    if (target.sharedFrom() != null && !servers.ofTenant(new ServerId(site.server())).shared()) {
      throw new TargetRefused(TargetRefused.Reason.TARGET_ONLY_ON_SHARED_SERVERS, "target");
    }
    return target;
  }

  private TargetRows.Row target(@Nullable TargetId wanted) {
    if (wanted != null) {
      return targets.use(wanted);
    }
    var usual = targets.byDefault(properties.directory());
    targets.holdForUse(usual.known());
    return usual;
  }

  private UUID make(KnownSite site, UUID target) {
    var id = Uuid7.next();
    jdbc.sql("""
        insert into backup_repository (id, tenant_id, site_id, target_id, server_id, key_sealed, number)
        select :id, :tenant, :site, :target, :server, :key, coalesce(max(number), 0) + 1 from backup_repository
        where tenant_id = :tenant and site_id = :site and target_id = :target
        """).param("id", id).param("tenant", tenant()).param("site", site.id().value()).param("target", target)
        .param("server", site.server()).param("key", secrets.seal(TargetSecrets.newKey(), context(id))).update();
    return id;
  }

  /**
   * Something in it is damaged: the site's next backup goes into a new one. One that has not held a whole backup yet stays:
   * what damages even a new one is not mended by another.
   *
   * @return whether it was in use
   */
  boolean retire(UUID repository) {
    return jdbc
        .sql(
            """
                update backup_repository r set retired_at = now() where r.tenant_id = :tenant and r.id = :id and retired_at is null
                  and exists (select from site_backup b where b.tenant_id = r.tenant_id and b.site_id = r.site_id and b.repository_id = r.id
                              and b.snapshot is not null)
                """)
        .param("tenant", tenant()).param("id", repository).update() == 1;
  }

  /**
   * The repository itself, or the one that has taken over from it. Call it while the site is held.
   *
   * @throws TargetRefused it lies where nothing can go now: the place is being removed, say
   */
  UUID inUse(KnownSite site, UUID repository) {
    targets.holdForUse(rowOf(repository).known());
    var row = rowOf(repository);
    OwnTargets.requireUsable(targets.whole(row));
    return inUseAt(site, row.id());
  }

  private UUID inUseAt(KnownSite site, UUID target) {
    return jdbc.sql("select id from backup_repository where tenant_id = :tenant and site_id = :site"
        + " and target_id = :target and retired_at is null").param("tenant", tenant())
        .param("site", site.id().value()).param("target", target).query(UUID.class).optional()
        .orElseGet(() -> make(site, target));
  }

  /** How the work on the server gets at it; what is secret is opened here, and goes nowhere but there. */
  Reach reach(UUID repository) {
    var mine = rowOf(repository);
    var target = targets.whole(mine);
    var place = place(repository, target);
    var all = new HashMap<String, String>();
    var sealed = target.sealed();
    if (sealed != null) {
      all.putAll(opens.toGetIn(target.id(), sealed));
    }
    all.put("key", key(repository));
    return new Reach(String.valueOf(place.get("repository")), place, all,
        mine.sharedFrom() == null ? null : shared(target, place));
  }

  private static SharedPlace shared(TargetRows.Row target, Map<String, Object> place) {
    var addresses = place.get(TargetReach.ADDRESSES) instanceof List<?> all
        ? all.stream().map(String::valueOf).toList()
        : List.<String>of();
    return SharedPlace.of(target.known(), target.name(), TargetReach.location(target), addresses);
  }

  /** The arguments that say where it is, without what is secret. */
  Map<String, Object> place(UUID repository) {
    return place(repository, targetOf(repository));
  }

  private Map<String, Object> place(UUID repository, TargetRows.Row target) {
    var name = jdbc.sql("""
        select case number when 1 then site_id::text else site_id || '-' || number end from backup_repository
        where tenant_id = :tenant and id = :id
        """).param("tenant", tenant()).param("id", repository).query(String.class).single();
    var place = places.arguments(target);
    place.put("repository", TargetReach.location(target) + "/" + name);
    return place;
  }

  /** Whether nothing can be removed from it. */
  boolean keepsAll(UUID repository) {
    return targetOf(repository).appendOnly();
  }

  /** The place in which it lies. */
  TargetRows.Row targetOf(UUID repository) {
    return targets.whole(rowOf(repository));
  }

  private TargetRows.Row rowOf(UUID repository) {
    var id = jdbc.sql("select target_id from backup_repository where tenant_id = :tenant and id = :id")
        .param("tenant", tenant()).param("id", repository).query(UUID.class).single();
    return targets.row(id).orElseThrow(() -> new TargetNotFound(new TargetId(id)));
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
    jdbc.sql(
        """
            update backup_repository r set stored_bytes = 0 where r.tenant_id = :tenant and r.id = :id
              and not exists (select from site_backup b where b.tenant_id = r.tenant_id and b.site_id = r.site_id and b.repository_id = r.id
                              and b.status = 'COMPLETED')
            """)
        .param("tenant", tenant()).param("id", repository).update();
  }

  /** What each site's need, where they lie, the largest first; and what all of the tenant's need. */
  Stored stored(int limit) {
    var total = new AtomicLong();
    var bySite = jdbc.sql("""
        select r.site_id, s.domain, s.status <> 'DELETED' as site_there, t.name, t.kind, r.stored_bytes,
               sum(r.stored_bytes) over () as total,
               (select count(*) from site_backup b where b.tenant_id = r.tenant_id and b.repository_id = r.id
                and b.status = 'COMPLETED') as backups
        from backup_repository r
        join backup_target t on t.tenant_id = r.tenant_id and t.id = r.target_id
        join site s on s.tenant_id = r.tenant_id and s.id = r.site_id
        where r.tenant_id = :tenant and r.stored_bytes > 0
        order by r.stored_bytes desc, r.id limit :limit
        """).param("tenant", tenant()).param("limit", limit)
        .query((row, n) -> storage(row, total))
        .list();
    return new Stored(total.get(), bySite);
  }

  record Stored(long bytes, List<SiteStorage> bySite) {}

  private static SiteStorage storage(ResultSet row, AtomicLong total) throws SQLException {
    total.set(row.getLong("total"));
    return new SiteStorage(new SiteId(row.getObject("site_id", UUID.class)), row.getString("domain"),
        row.getBoolean("site_there"), row.getString("name"), TargetKind.valueOf(row.getString("kind")),
        row.getLong("backups"), row.getLong("stored_bytes"));
  }

  /** A sealed key opens in its own row only. */
  private static String context(UUID repository) {
    return "backup-repository:" + repository;
  }

  private static UUID tenant() {
    return TenantContext.current().value();
  }
}
