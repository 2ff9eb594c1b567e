package io.chom.notifications;

import io.chom.common.UserId;
import io.chom.tenancy.TenantContext;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** Keeps the current tenant's channels. */
@Repository
class ChannelRows {
  /**
   * A channel as stored.
   *
   * @param chosen whether somebody has chosen this, or it is what is usual
   */
  record Row(ChannelId id, @Nullable UserId owner, ChannelKind kind, boolean ownAddress, String shown,
      @Nullable String targetSealed, @Nullable String secretSealed, ChannelWish wish, boolean chosen,
      @Nullable Instant digestAt, Instant digestSince, long digestAfter, Instant createdAt, @Nullable Instant sentAt,
      @Nullable Instant failedAt, @Nullable String error, @Nullable String errorDetail) {

    ChannelView view() {
      return new ChannelView(id, owner, kind, ownAddress, shown, wish, wish.enabled() ? digestAt : null, createdAt,
          sentAt, failedAt, error, errorDetail);
    }
  }

  private final JdbcClient jdbc;

  ChannelRows(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  List<Row> all() {
    return rows("", null);
  }

  Optional<Row> find(ChannelId id) {
    return rows(" and id = :id", id).stream().findFirst();
  }

  /** Holds it until the transaction ends. */
  Optional<Row> lock(ChannelId id) {
    jdbc.sql("select id from notification_channel where tenant_id = :tenant and id = :id for update")
        .param("tenant", tenant()).param("id", id.value()).query(row -> {});
    return find(id);
  }

  private List<Row> rows(String which, @Nullable ChannelId id) {
    return jdbc.sql("select * from notification_channel where tenant_id = :tenant" + which + " order by created_at, id")
        .param("tenant", tenant()).param("id", id == null ? null : id.value(), Types.OTHER).query(ChannelRows::read)
        .list();
  }

  /** Adds it unless it is there. */
  void insert(Row row) {
    var wish = row.wish();
    jdbc.sql("""
        insert into notification_channel (id, tenant_id, owner_id, kind, name, own_address, target_shown, target_sealed,
          secret_sealed, at_once, daily, zone, hour, language, enabled, chosen, digest_at, digest_since, digest_after,
          created_at, updated_at)
        values (:id, :tenant, :owner, :kind, :name, :own, :shown, :target, :secret, :atOnce, :daily, :zone, :hour,
          :language, :enabled, :chosen, :digestAt, :since, :after, :at, :at)
        on conflict do nothing
        """).param("id", row.id().value()).param("tenant", tenant())
        .param("owner", row.owner() == null ? null : row.owner().value(), Types.OTHER).param("kind", row.kind().name())
        .param("name", wish.name()).param("own", row.ownAddress()).param("shown", row.shown())
        .param("target", row.targetSealed(), Types.VARCHAR).param("secret", row.secretSealed(), Types.VARCHAR)
        .param("atOnce", names(wish.atOnce())).param("daily", names(wish.daily())).param("zone", wish.zone())
        .param("hour", wish.hour()).param("language", wish.language()).param("enabled", wish.enabled())
        .param("chosen", row.chosen()).param("digestAt", timestamp(row.digestAt()), Types.TIMESTAMP)
        .param("since", Timestamp.from(row.digestSince())).param("after", row.digestAfter())
        .param("at", Timestamp.from(row.createdAt())).update();
  }

  /** From now on it is as somebody has chosen. */
  void update(Row row, Instant now) {
    var wish = row.wish();
    jdbc.sql("""
        update notification_channel set name = :name, target_shown = :shown, target_sealed = :target, at_once = :atOnce,
               daily = :daily, zone = :zone, hour = :hour, language = :language, enabled = :enabled, chosen = true,
               digest_at = :digestAt, digest_since = :since, digest_after = :after, updated_at = :at
        where tenant_id = :tenant and id = :id
        """).param("tenant", tenant()).param("id", row.id().value()).param("name", wish.name())
        .param("shown", row.shown()).param("target", row.targetSealed(), Types.VARCHAR)
        .param("atOnce", names(wish.atOnce())).param("daily", names(wish.daily())).param("zone", wish.zone())
        .param("hour", wish.hour()).param("language", wish.language()).param("enabled", wish.enabled())
        .param("digestAt", timestamp(row.digestAt()), Types.TIMESTAMP)
        .param("since", Timestamp.from(row.digestSince())).param("after", row.digestAfter())
        .param("at", Timestamp.from(now)).update();
  }

  boolean delete(ChannelId id) {
    return jdbc.sql("delete from notification_channel where tenant_id = :tenant and id = :id")
        .param("tenant", tenant()).param("id", id.value()).update() > 0;
  }

  /** @return false where it was tested since then */
  boolean tested(ChannelId id, Instant now, Instant notSince) {
    return jdbc.sql("update notification_channel set tested_at = :now where tenant_id = :tenant and id = :id"
        + " and (tested_at is null or tested_at <= :notSince)").param("tenant", tenant()).param("id", id.value())
        .param("now", Timestamp.from(now)).param("notSince", Timestamp.from(notSince)).update() > 0;
  }

  /** Those whose digest is due, held until the transaction ends. */
  List<Row> digestsDue(Instant now) {
    return jdbc.sql("select * from notification_channel where tenant_id = :tenant and enabled and digest_at <= :now"
        + " order by id for update").param("tenant", tenant()).param("now", Timestamp.from(now))
        .query(ChannelRows::read).list();
  }

  void digested(ChannelId id, Instant next, Instant now, long upto) {
    jdbc.sql("update notification_channel set digest_at = :next, digest_since = :now, digest_after = :upto"
        + " where tenant_id = :tenant and id = :id").param("tenant", tenant()).param("id", id.value())
        .param("next", Timestamp.from(next)).param("now", Timestamp.from(now)).param("upto", upto).update();
  }

  void sent(ChannelId id, Instant now) {
    jdbc.sql("update notification_channel set sent_at = :now, error = null, error_detail = null, failed_at = null"
        + " where tenant_id = :tenant and id = :id").param("tenant", tenant()).param("id", id.value())
        .param("now", Timestamp.from(now)).update();
  }

  void failed(ChannelId id, Instant now, NotDelivered why) {
    jdbc.sql("update notification_channel set failed_at = :now, error = :error, error_detail = :detail"
        + " where tenant_id = :tenant and id = :id").param("tenant", tenant()).param("id", id.value())
        .param("now", Timestamp.from(now)).param("error", why.code()).param("detail", why.detail()).update();
  }

  /** Whoever takes these messages has said that they should stop. */
  void switchOff(ChannelId id) {
    jdbc.sql("update notification_channel set enabled = false where tenant_id = :tenant and id = :id")
        .param("tenant", tenant()).param("id", id.value()).update();
  }

  private static Row read(ResultSet row, int n) throws SQLException {
    var owner = row.getObject("owner_id", UUID.class);
    var wish = new ChannelWish(row.getString("name"), kinds(row, "at_once"), kinds(row, "daily"),
        row.getString("zone"), row.getInt("hour"), row.getString("language"), row.getBoolean("enabled"));
    return new Row(new ChannelId(row.getObject("id", UUID.class)), owner == null ? null : new UserId(owner),
        ChannelKind.valueOf(row.getString("kind")), row.getBoolean("own_address"), row.getString("target_shown"),
        row.getString("target_sealed"), row.getString("secret_sealed"), wish, row.getBoolean("chosen"),
        maybe(row, "digest_at"), row.getTimestamp("digest_since").toInstant(), row.getLong("digest_after"),
        row.getTimestamp("created_at").toInstant(), maybe(row, "sent_at"), maybe(row, "failed_at"),
        row.getString("error"), row.getString("error_detail"));
  }

  private static Set<NoticeKind> kinds(ResultSet row, String column) throws SQLException {
    return Stream.of((String[]) row.getArray(column).getArray()).map(NoticeKind::valueOf)
        .collect(Collectors.toUnmodifiableSet());
  }

  private static String[] names(Set<NoticeKind> kinds) {
    return kinds.stream().map(Enum::name).sorted().toArray(String[]::new);
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
