package io.chom.notifications;

import io.chom.tenancy.TenantContext;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/** Keeps what happened in the current tenant. */
@Repository
class NoticeRows {
  private static final String COLUMNS = """
      id, kind, subject_kind, subject_id, subject_label, operation_id, about, detail, due_at, occurred_at
      """;

  private final JdbcClient jdbc;

  NoticeRows(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /** Belongs to the transaction of what happened. */
  @Transactional(propagation = Propagation.MANDATORY)
  public void insert(Notice notice) {
    jdbc.sql("""
        insert into notification (id, tenant_id, kind, subject_kind, subject_id, subject_label, operation_id, about,
                                  detail, due_at, occurred_at)
        values (:id, :tenant, :kind, :subjectKind, :subject, :label, :operation, :about, :detail, :due, :at)
        """).param("id", notice.id()).param("tenant", tenant()).param("kind", notice.kind().name())
        .param("subjectKind", notice.subjectKind()).param("subject", notice.subject())
        .param("label", notice.subjectLabel()).param("operation", notice.operation(), Types.OTHER)
        .param("about", notice.about()).param("detail", notice.detail())
        .param("due", timestamp(notice.dueAt()), Types.TIMESTAMP).param("at", Timestamp.from(notice.at())).update();
  }

  /** Until the transaction ends nobody else hands out this tenant's notices; false where somebody does now. */
  boolean alone() {
    return jdbc
        .sql("select pg_try_advisory_xact_lock(hashtextextended('chom.notify.' || cast(:tenant as text), 0))")
        .param("tenant", tenant()).query(Boolean.class).single();
  }

  /** Those that were handed to no channel yet, in the order in which they happened. Call it {@link #alone()}. */
  List<Notice> waiting(int limit) {
    return jdbc.sql("select " + COLUMNS + " from notification where tenant_id = :tenant and number is null"
        + " order by occurred_at, id limit :limit").param("tenant", tenant()).param("limit", limit)
        .query(NoticeRows::read).list();
  }

  /** Call it {@link #alone()}. */
  void handedOut(UUID notice) {
    jdbc.sql("update notification set number = nextval('notification_number_seq')"
        + " where tenant_id = :tenant and id = :id and number is null").param("tenant", tenant()).param("id", notice)
        .update();
  }

  /** The number of the newest that was handed out. */
  long newest() {
    return jdbc.sql("select coalesce(max(number), 0) from notification where tenant_id = :tenant")
        .param("tenant", tenant()).query(Long.class).single();
  }

  /** How many of each there were. */
  Map<NoticeKind, Integer> counts(long after, long upto) {
    Map<NoticeKind, Integer> counts = new EnumMap<>(NoticeKind.class);
    jdbc.sql("select kind, count(*) as times from notification where tenant_id = :tenant and number > :after"
        + " and number <= :upto group by kind").param("tenant", tenant()).param("after", after).param("upto", upto)
        .query(row -> {
          counts.put(NoticeKind.valueOf(row.getString("kind")), row.getInt("times"));
        });
    return counts;
  }

  List<Notice> between(long after, long upto, Set<NoticeKind> kinds, int limit) {
    return jdbc.sql("select " + COLUMNS + " from notification where tenant_id = :tenant and number > :after"
        + " and number <= :upto and kind = any(:kinds) order by number limit :limit").param("tenant", tenant())
        .param("after", after).param("upto", upto).param("kinds", kinds.stream().map(Enum::name).toArray(String[]::new))
        .param("limit", limit).query(NoticeRows::read).list();
  }

  List<Notice> named(List<UUID> ids) {
    return jdbc.sql("select " + COLUMNS + " from notification where tenant_id = :tenant and id = any(:ids)"
        + " order by number").param("tenant", tenant()).param("ids", ids.toArray(UUID[]::new))
        .query(NoticeRows::read).list();
  }

  /** Forgets some of what happened before then and waits for nobody any more. */
  int forget(Instant before, int limit) {
    return jdbc.sql("""
        delete from notification where tenant_id = :tenant and id in (
          select n.id from notification n where n.tenant_id = :tenant and n.occurred_at < :before
            and n.number is not null and not exists (select from notification_delivery d
              where d.tenant_id = n.tenant_id and d.notification_id = n.id and d.status = 'WAITING')
          order by n.occurred_at limit :limit)
        """).param("tenant", tenant()).param("before", Timestamp.from(before)).param("limit", limit).update();
  }

  private static Notice read(ResultSet row, int n) throws SQLException {
    var due = row.getTimestamp("due_at");
    return new Notice(row.getObject("id", UUID.class), NoticeKind.valueOf(row.getString("kind")),
        row.getString("subject_kind"), row.getObject("subject_id", UUID.class), row.getString("subject_label"),
        row.getObject("operation_id", UUID.class), row.getString("about"), row.getString("detail"),
        due == null ? null : due.toInstant(), row.getTimestamp("occurred_at").toInstant());
  }

  private static @Nullable Timestamp timestamp(@Nullable Instant at) {
    return at == null ? null : Timestamp.from(at);
  }

  private static UUID tenant() {
    return TenantContext.current().value();
  }
}
