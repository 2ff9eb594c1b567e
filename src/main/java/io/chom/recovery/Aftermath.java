package io.chom.recovery;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;

/**
 * What must be different in a panel that was restored: the world went on after its copy was made. Runs on the newest
 * schema, in the transaction that ends the restore.
 */
final class Aftermath {
  /** Fences count by the second from here (decisions/0002): two restores never share an epoch. */
  private static final Instant FIRST_EPOCH = Instant.parse("2026-01-01T00:00:00Z");
  private static final long LAST_EPOCH = (1L << 31) - 2;
  /** Users that the servers may have meanwhile, and the panel does not know. */
  private static final int SKIPPED_USERS = 10_000;

  /** The row that tells a panel that it was restored; each restore writes another value. */
  static final String RESTORED = "panel.restored";

  private Aftermath() {}

  static void settle(Connection owner, Instant copied) throws SQLException {
    raiseTheEpoch(owner);
    Sql.run(owner, "select setval('site_uid_seq', last_value + " + SKIPPED_USERS + ", is_called) from site_uid_seq");
    // each of them may have been sent, or may have ended: their servers' journals know
    Sql.run(owner, """
        update operation set copied = true, status = case status when 'QUEUED' then 'RUNNING' else status end,
               sent_at = coalesce(sent_at, now()), next_try_at = null, lease_owner = null, lease_expires_at = now()
        where status in ('QUEUED', 'RUNNING', 'CANCELLING')
        """);
    spareTheServers(owner);
    Sql.run(owner, "delete from worker_node; delete from watch_node");
    Sql.run(owner, "update panel_backup set status = 'FAILED', finished_at = now(), failure = 'The panel was restored'"
        + " where status = 'RUNNING'");
    // sessions carry it in their stamp: those of the panel before open nothing here
    Sql.update(owner, "insert into setting (key, value) values (?, ?) on conflict (key) do update"
        + " set value = excluded.value, updated_at = now()", RESTORED, UUID.randomUUID() + " from a copy of " + copied);
  }

  /** Every fence that is given from now on is above all that any server has seen, however old the copy. */
  private static void raiseTheEpoch(Connection owner) throws SQLException {
    long known = Sql.one(owner, "select last_value >> 32 from operation_fence_seq", row -> row.getLong(1));
    long epoch = Math.min(Math.max(known + 1, Duration.between(FIRST_EPOCH, Instant.now()).toSeconds()), LAST_EPOCH);
    Sql.update(owner, "select setval('operation_fence_seq', ?, false)", (epoch << 32) + 1);
  }

  /** What became due since the copy was made is not done all at once, and nothing goes for good before somebody looked. */
  private static void spareTheServers(Connection owner) throws SQLException {
    Sql.run(owner, "update backup_run set status = 'MISSED', late_at = coalesce(late_at, now())"
        + " where status = 'PLANNED' and due_at <= now()");
    Sql.run(owner, "update backup_schedule set planned_until = now() where planned_until < now()");
    Sql.run(owner, "update certificate set renew_at = now() + random() * interval '6 hours' where renew_at < now()");
    Sql.run(owner, "update site set retained_until = greatest(retained_until, now() + interval '7 days')"
        + " where status = 'DELETED' and retained_until is not null");
  }
}
