package io.chom.backups;

import io.chom.common.UserId;
import io.chom.common.Uuid7;
import io.chom.tenancy.TenantContext;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The current tenant's links for downloads, one statement each. */
@Component
class DownloadRows {
  /** Not heard of for so long, a download is over: its panel has ended. */
  private static final int SILENT_SECONDS = 120;
  private static final String LIVE = " d.revoked_at is null and d.expires_at > now()";
  private static final String USES = "(select count(*) from backup_download_use u where u.tenant_id = d.tenant_id"
      + " and u.download_id = d.id and u.status <> 'REFUSED')";

  private final JdbcClient jdbc;

  DownloadRows(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /** A link that can be opened now. */
  record Opened(BackupId backup, DownloadWish wish) {}

  /** Until the transaction ends, this tenant's downloads are counted one after the other. */
  void lock() {
    jdbc.sql("select id from tenant where id = :tenant for no key update").param("tenant", tenant()).query(UUID.class)
        .single();
  }

  int madeSince(Duration time) {
    return jdbc.sql("select count(*) from backup_download where tenant_id = :tenant"
        + " and created_at > now() - make_interval(secs => :seconds)").param("tenant", tenant())
        .param("seconds", time.toSeconds()).query(Integer.class).single();
  }

  int running() {
    return jdbc.sql("select count(*) from backup_download_use where tenant_id = :tenant and status = 'RUNNING'"
        + " and seen_at > now() - make_interval(secs => :silent)").param("tenant", tenant())
        .param("silent", SILENT_SECONDS).query(Integer.class).single();
  }

  Instant insert(DownloadId id, BackupId backup, DownloadWish wish, String tokenHash, UserId madeBy, String label,
      Duration lifetime, int uses) {
    return jdbc
        .sql(
            """
                insert into backup_download (id, tenant_id, backup_id, part, path, database_name, compressed, token_hash, made_by,
                                             made_by_label, most_uses, expires_at)
                values (:id, :tenant, :backup, :part, :path, :database, :compressed, :hash, :user, :label, :uses,
                        now() + make_interval(secs => :seconds))
                returning expires_at
                """)
        .param("id", id.value()).param("tenant", tenant()).param("backup", backup.value())
        .param("part", wish.part().name()).param("path", wish.path()).param("database", wish.database())
        .param("compressed", wish.compressed()).param("hash", tokenHash).param("user", madeBy.value())
        .param("label", label).param("uses", uses).param("seconds", lifetime.toSeconds())
        .query((row, n) -> row.getTimestamp("expires_at").toInstant()).single();
  }

  /** Old ones tell nobody anything; who downloaded what is in the audit log. */
  void forgetOld() {
    jdbc.sql("delete from backup_download where tenant_id = :tenant and expires_at < now() - interval '30 days'")
        .param("tenant", tenant()).update();
  }

  Optional<Opened> openable(DownloadId id, String tokenHash, UserId user) {
    return jdbc.sql("""
        select d.backup_id, d.part, d.path, d.database_name, d.compressed
        from backup_download d join site_backup b on b.tenant_id = d.tenant_id and b.id = d.backup_id
        where d.tenant_id = :tenant and d.id = :id and d.token_hash = :hash and d.made_by = :user
          and b.status = 'COMPLETED' and b.activity is distinct from 'REMOVING' and d.most_uses >
        """ + USES + " and" + LIVE).param("tenant", tenant()).param("id", id.value()).param("hash", tokenHash)
        .param("user", user.value())
        .query((row, n) -> new Opened(new BackupId(row.getObject("backup_id", UUID.class)), wish(row))).optional();
  }

  UUID use(DownloadId id) {
    var use = Uuid7.next();
    jdbc.sql("insert into backup_download_use (id, tenant_id, download_id, status) values (:id, :tenant, :download,"
        + " 'RUNNING')").param("id", use).param("tenant", tenant()).param("download", id.value()).update();
    return use;
  }

  /** Tells that it goes on; false where it may not any more. */
  boolean goesOn(UUID use, long bytes) {
    return jdbc.sql("""
        update backup_download_use u set seen_at = now(), bytes = :bytes
        from backup_download d, site_backup b
        where u.tenant_id = :tenant and u.id = :id and u.status = 'RUNNING' and d.tenant_id = u.tenant_id
          and d.id = u.download_id and d.revoked_at is null and b.tenant_id = d.tenant_id and b.id = d.backup_id
          and b.status = 'COMPLETED' and b.activity is distinct from 'REMOVING'
        """).param("tenant", tenant()).param("id", use).param("bytes", bytes).update() == 1;
  }

  void ended(UUID use, String status, long bytes) {
    jdbc.sql("update backup_download_use set status = :status, bytes = :bytes, ended_at = now(), seen_at = now()"
        + " where tenant_id = :tenant and id = :id and status = 'RUNNING'").param("tenant", tenant()).param("id", use)
        .param("status", status).param("bytes", bytes).update();
  }

  /** Those that can still be opened, the newest first. */
  List<DownloadView> of(BackupId backup, int limit) {
    return jdbc
        .sql(
            """
                select d.*, last.status as last_status, last.status = 'RUNNING' and last.seen_at > now() - make_interval(secs => :silent)
                         as running,
                """
                + USES
                + """
                     as uses
                    from backup_download d left join lateral (
                      select u.status, u.seen_at from backup_download_use u where u.tenant_id = d.tenant_id and u.download_id = d.id
                        and u.status <> 'REFUSED' order by u.started_at desc, u.id desc limit 1) last on true
                    where d.tenant_id = :tenant and d.backup_id = :backup and
                    """
                + LIVE + " order by d.created_at desc, d.id desc limit :limit")
        .param("tenant", tenant())
        .param("silent", SILENT_SECONDS).param("backup", backup.value()).param("limit", limit).query(this::read)
        .list();
  }

  private DownloadView read(ResultSet row, int n) throws SQLException {
    return new DownloadView(new DownloadId(row.getObject("id", UUID.class)),
        new BackupId(row.getObject("backup_id", UUID.class)), wish(row), row.getString("made_by_label"),
        row.getTimestamp("created_at").toInstant(), row.getTimestamp("expires_at").toInstant(), row.getInt("uses"),
        row.getInt("most_uses"), row.getBoolean("running"), row.getString("last_status"));
  }

  /** @return whether there was one that could be opened */
  boolean revoke(BackupId backup, DownloadId id) {
    return jdbc.sql("update backup_download d set revoked_at = now() where d.tenant_id = :tenant and d.id = :id"
        + " and d.backup_id = :backup and" + LIVE).param("tenant", tenant()).param("id", id.value())
        .param("backup", backup.value()).update() == 1;
  }

  private static DownloadWish wish(ResultSet row) throws SQLException {
    return new DownloadWish(BackupType.valueOf(row.getString("part")), row.getString("path"),
        row.getString("database_name"), row.getBoolean("compressed"));
  }

  private static UUID tenant() {
    return TenantContext.current().value();
  }
}
