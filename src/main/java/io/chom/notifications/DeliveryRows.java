package io.chom.notifications;

import io.chom.common.Uuid7;
import io.chom.tenancy.TenantContext;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** Keeps what is to be told on the current tenant's channels, and what became of it. */
@Repository
class DeliveryRows {
  /**
   * One that this node has taken up.
   *
   * @param attempt which one this is; who comes later with an older one changes nothing
   */
  record Taken(UUID id, DeliveryView.Kind kind, @Nullable UUID notice, long after, long upto, @Nullable Instant since,
      @Nullable Instant until, int attempt) {}

  /** Whoever asked for a test sends it; the clock does where that one has died. */
  private static final Duration TEST_WAITS = Duration.ofMinutes(6);

  private final JdbcClient jdbc;

  DeliveryRows(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  /** Once, however often it is asked. */
  void atOnce(ChannelId channel, UUID notice, Instant now) {
    insert(channel, DeliveryView.Kind.AT_ONCE, notice, null, null, null, null, now);
  }

  void digest(ChannelId channel, long after, long upto, Instant since, Instant now) {
    insert(channel, DeliveryView.Kind.DIGEST, null, after, upto, since, now, now);
  }

  UUID test(ChannelId channel, Instant now) {
    return insert(channel, DeliveryView.Kind.TEST, null, null, null, null, null, now);
  }

  private UUID insert(ChannelId channel, DeliveryView.Kind kind, @Nullable UUID notice, @Nullable Long after,
      @Nullable Long upto, @Nullable Instant since, @Nullable Instant until, Instant now) {
    var id = Uuid7.next();
    jdbc.sql("""
        insert into notification_delivery (id, tenant_id, channel_id, kind, notification_id, after_number, upto_number,
          since_at, upto_at, status, next_try_at, created_at)
        values (:id, :tenant, :channel, :kind, :notice, :after, :upto, :since, :until, 'WAITING', :due, :now)
        on conflict do nothing
        """).param("id", id).param("tenant", tenant()).param("channel", channel.value()).param("kind", kind.name())
        .param("notice", notice, Types.OTHER).param("after", after, Types.BIGINT).param("upto", upto, Types.BIGINT)
        .param("since", timestamp(since), Types.TIMESTAMP).param("until", timestamp(until), Types.TIMESTAMP)
        .param("due", Timestamp.from(kind == DeliveryView.Kind.TEST ? now.plus(TEST_WAITS) : now))
        .param("now", Timestamp.from(now)).update();
    return id;
  }

  /**
   * Takes up what is due on a channel, which nobody else does until the lease is over: up to so many of what is told as
   * it happens, or else one other thing.
   */
  List<Taken> take(ChannelId channel, Instant now, Duration lease, int together) {
    var due = jdbc.sql("""
        select id, kind from notification_delivery
        where tenant_id = :tenant and channel_id = :channel and status = 'WAITING' and next_try_at <= :now
          and (lease_until is null or lease_until < now())
        order by created_at, id limit :limit for update skip locked
        """).param("tenant", tenant()).param("channel", channel.value()).param("now", Timestamp.from(now))
        .param("limit", together)
        .query((row, n) -> new Due(row.getObject("id", UUID.class), row.getString("kind"))).list();
    if (due.isEmpty()) {
      return List.of();
    }
    boolean events = due.getFirst().kind().equals(DeliveryView.Kind.AT_ONCE.name());
    var ids = events
        ? due.stream().filter(one -> one.kind().equals(due.getFirst().kind())).map(Due::id).toArray(UUID[]::new)
        : new UUID[]{due.getFirst().id()};
    return taken(" and id = any(:ids)", ids, lease);
  }

  /** Takes up one, unless somebody has. */
  Optional<Taken> takeOne(UUID id, Duration lease) {
    return taken(" and id = any(:ids) and attempts = 0", new UUID[]{id}, lease).stream().findFirst();
  }

  private record Due(UUID id, String kind) {}

  private List<Taken> taken(String which, UUID[] ids, Duration lease) {
    return jdbc.sql("""
        update notification_delivery set attempts = attempts + 1, lease_until = now() + cast(:lease as interval)
        where tenant_id = :tenant and status = 'WAITING'""" + which + """
         returning id, kind, notification_id, after_number, upto_number, since_at, upto_at, attempts
        """).param("tenant", tenant()).param("ids", ids).param("lease", lease.toMillis() + " milliseconds")
        .query((row, n) -> new Taken(row.getObject("id", UUID.class),
            DeliveryView.Kind.valueOf(row.getString("kind")), row.getObject("notification_id", UUID.class),
            row.getLong("after_number"), row.getLong("upto_number"), maybe(row, "since_at"), maybe(row, "upto_at"),
            row.getInt("attempts")))
        .list();
  }

  void sent(Taken one, Instant now) {
    jdbc.sql("update notification_delivery set status = 'SENT', ended_at = :now, lease_until = null, error = null,"
        + " error_detail = null where tenant_id = :tenant and id = :id and status = 'WAITING' and attempts = :attempt")
        .param("tenant", tenant()).param("id", one.id()).param("attempt", one.attempt())
        .param("now", Timestamp.from(now)).update();
  }

  /** @param next when it is tried again; null where it is not */
  void failed(Taken one, Instant now, @Nullable Instant next, NotDelivered why) {
    jdbc.sql(
        """
            update notification_delivery set status = :status, ended_at = :ended, next_try_at = coalesce(:next, next_try_at),
                   lease_until = null, error = :error, error_detail = :detail
            where tenant_id = :tenant and id = :id and status = 'WAITING' and attempts = :attempt
            """)
        .param("tenant", tenant()).param("id", one.id()).param("attempt", one.attempt())
        .param("status", (next == null ? DeliveryView.Status.FAILED : DeliveryView.Status.WAITING).name())
        .param("ended", next == null ? Timestamp.from(now) : null, Types.TIMESTAMP)
        .param("next", timestamp(next), Types.TIMESTAMP).param("error", why.code()).param("detail", why.detail())
        .update();
  }

  /** Newest first, from just before {@code before}. */
  List<DeliveryView> page(ChannelId channel, @Nullable UUID before, int limit) {
    return jdbc.sql("""
        select d.id, d.kind, n.kind as event, coalesce(n.subject_label, '') as subject, d.status, d.attempts,
               d.created_at, d.next_try_at, d.ended_at, d.error, d.error_detail
        from notification_delivery d
          left join notification n on n.tenant_id = d.tenant_id and n.id = d.notification_id
        where d.tenant_id = :tenant and d.channel_id = :channel
          and (cast(:before as uuid) is null or (d.created_at, d.id) < (
            select created_at, id from notification_delivery where tenant_id = :tenant and id = :before))
        order by d.created_at desc, d.id desc limit :limit
        """).param("tenant", tenant()).param("channel", channel.value()).param("before", before, Types.OTHER)
        .param("limit", limit).query(DeliveryRows::read).list();
  }

  Optional<DeliveryView> find(UUID id) {
    return jdbc.sql("""
        select d.id, d.kind, n.kind as event, coalesce(n.subject_label, '') as subject, d.status, d.attempts,
               d.created_at, d.next_try_at, d.ended_at, d.error, d.error_detail
        from notification_delivery d
          left join notification n on n.tenant_id = d.tenant_id and n.id = d.notification_id
        where d.tenant_id = :tenant and d.id = :id
        """).param("tenant", tenant()).param("id", id).query(DeliveryRows::read).optional();
  }

  /** Forgets some that were over before then. */
  int forget(Instant before, int limit) {
    return jdbc
        .sql(
            """
                delete from notification_delivery where tenant_id = :tenant and id in (
                  select id from notification_delivery where tenant_id = :tenant and status <> 'WAITING' and created_at < :before
                  order by created_at limit :limit)
                """)
        .param("tenant", tenant()).param("before", Timestamp.from(before)).param("limit", limit).update();
  }

  private static DeliveryView read(ResultSet row, int n) throws SQLException {
    var event = row.getString("event");
    var status = DeliveryView.Status.valueOf(row.getString("status"));
    return new DeliveryView(row.getObject("id", UUID.class), DeliveryView.Kind.valueOf(row.getString("kind")),
        event == null ? null : NoticeKind.valueOf(event), row.getString("subject"), status, row.getInt("attempts"),
        row.getTimestamp("created_at").toInstant(),
        status == DeliveryView.Status.WAITING ? row.getTimestamp("next_try_at").toInstant() : null,
        maybe(row, "ended_at"), row.getString("error"), row.getString("error_detail"));
  }

  private static @Nullable Instant maybe(ResultSet row, String column) throws SQLException {
    var at = row.getTimestamp(column);
    return at == null ? null : at.toInstant();
  }

  private static @Nullable Timestamp timestamp(@Nullable Instant at) {
    return at == null ? null : Timestamp.from(at);
  }

  private static UUID tenant() {
    return TenantContext.current().value();
  }
}
