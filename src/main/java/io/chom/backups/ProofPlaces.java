package io.chom.backups;

import io.chom.sites.KnownSite;
import io.chom.tenancy.TenantContext;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Decides which server looks at a backup. One that comes back on another server than its site's is there when that one is
 * lost; so another one is asked where it gets at the backup, may be told how, and has what the site needs.
 */
@Component
class ProofPlaces {
  /** What is restored, its dumps read in, and some air. */
  private static final long ROOM = 3;

  private final JdbcClient jdbc;
  private final Repositories repositories;

  ProofPlaces(JdbcClient jdbc, Repositories repositories) {
    this.jdbc = jdbc;
    this.repositories = repositories;
  }

  /**
   * @param shared whether it is the platform's
   * @param freeBytes of its disk, as it said the last time it was asked; null where it never was
   * @param busy how many operations wait or are under way there
   */
  private record Candidate(UUID server, boolean shared, List<String> phpVersions, @Nullable Long freeBytes, long busy) {
    long free() {
      return freeBytes == null ? 0 : freeBytes;
    }
  }

  /** Of several the one with the least to do, then the one with the most room; the one that keeps the backup comes last. */
  UUID choose(KnownSite site, BackupView backup, BackupSource source) {
    var home = source.server();
    var target = repositories.targetOf(source.repository());
    if (target.kind() == TargetKind.LOCAL || wasNotLookedAtElsewhere(site, home)) {
      return home;
    }
    boolean onlyForShared = repositories.onlyForShared(source.repository());
    var php = site.phpVersion();
    return candidates(home).stream()
        .filter(one -> one.shared() || !onlyForShared)
        .filter(one -> php == null || one.phpVersions().contains(php))
        .filter(one -> one.freeBytes() == null || one.free() / ROOM > backup.sizeBytes())
        .min(Comparator.<Candidate, Boolean>comparing(one -> one.server().equals(target.server()))
            .thenComparingLong(Candidate::busy)
            .thenComparing(Comparator.comparingLong(Candidate::free).reversed())
            .thenComparing(one -> one.server().toString()))
        .map(Candidate::server).orElse(home);
  }

  private List<Candidate> candidates(UUID home) {
    return jdbc.sql("select server_id, shared, php_versions, free_bytes, busy from proof_places(:home)")
        .param("home", home)
        .query((row, n) -> new Candidate(row.getObject("server_id", UUID.class), row.getBoolean("shared"),
            List.of((String[]) row.getArray("php_versions").getArray()), row.getObject("free_bytes", Long.class),
            row.getLong("busy")))
        .list();
  }

  /** The last time another one was asked nobody could look, or not at everything: it is the turn of the site's own. */
  private boolean wasNotLookedAtElsewhere(KnownSite site, UUID home) {
    return jdbc.sql("""
        select server_id <> :home and (status = 'FAILED' or coalesce(result -> 'skipped' @> '["answer"]', false))
        from operation
        where tenant_id = :tenant and subject_id = :site and type = :type and status in ('SUCCEEDED', 'FAILED')
        order by created_at desc, id desc limit 1
        """).param("home", home).param("tenant", TenantContext.current().value()).param("site", site.id().value())
        .param("type", BackupOperations.VERIFY.value()).query(Boolean.class).optional().orElse(false);
  }
}
