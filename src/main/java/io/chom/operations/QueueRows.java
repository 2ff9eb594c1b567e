package io.chom.operations;

import io.chom.common.UserId;
import io.chom.operations.QueueView.Entry;
import io.chom.operations.QueueView.Node;
import io.chom.operations.QueueView.Pause;
import io.chom.operations.QueueView.Share;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Reads everybody's queue for an operator; the database asks who that is. */
@Component
class QueueRows {
  /** Which columns a row of shares is for, as {@code grouping} tells it. */
  private static final int LANE = 0b011;
  private static final int SERVER = 0b101;
  private static final int TENANT = 0b110;
  private static final int ALL = 0b111;

  private static final String SHARES = """
      select grouping(lane, server_id, tenant_id) as part, lane, server_id, server_name, tenant_id, tenant_name,
             count(*) filter (where status = 'QUEUED') as waiting, count(*) filter (where status <> 'QUEUED') as running,
             extract(epoch from now() - min(created_at) filter (where status = 'QUEUED')) as oldest
      from queue_for_operator(:person)
      group by grouping sets ((lane), (server_id, server_name), (tenant_id, tenant_name), ())
      order by waiting desc, running desc, server_name, tenant_name
      """;

  private final JdbcClient jdbc;

  QueueRows(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  private record Part(int of, Share share) {}

  /** Shares by what they are a part of. */
  record Shares(Share all, List<Share> lanes, List<Share> servers, List<Share> tenants) {}

  Shares shares(UserId person) {
    Map<Integer, List<Share>> parts = jdbc.sql(SHARES).param("person", person.value()).query(QueueRows::part).list()
        .stream().collect(Collectors.groupingBy(Part::of, Collectors.mapping(Part::share, Collectors.toList())));
    var all = parts.getOrDefault(ALL, List.of()).stream().findFirst().orElse(new Share("all", null, 0, 0, null));
    return new Shares(all, parts.getOrDefault(LANE, List.of()), parts.getOrDefault(SERVER, List.of()),
        parts.getOrDefault(TENANT, List.of()));
  }

  private static Part part(ResultSet row, int n) throws SQLException {
    int part = row.getInt("part");
    var key = switch (part) {
      case LANE -> row.getString("lane");
      case SERVER -> row.getString("server_id");
      case TENANT -> row.getString("tenant_id");
      default -> "all";
    };
    var name = part == SERVER ? row.getString("server_name") : part == TENANT ? row.getString("tenant_name") : null;
    double seconds = row.getDouble("oldest");
    var oldest = row.wasNull() ? null : Duration.ofMillis((long) (seconds * 1_000));
    return new Part(part, new Share(key, name, row.getLong("waiting"), row.getLong("running"), oldest));
  }

  List<Entry> waiting(UserId person, int limit) {
    return jdbc.sql("""
        select * from queue_for_operator(:person) where status = 'QUEUED'
        order by reason is not null, place, next_try_at, created_at limit :limit
        """).param("person", person.value()).param("limit", limit).query(QueueRows::entry).list();
  }

  List<Entry> running(UserId person, int limit) {
    return jdbc.sql("""
        select * from queue_for_operator(:person) where status <> 'QUEUED' order by started_at, created_at limit :limit
        """).param("person", person.value()).param("limit", limit).query(QueueRows::entry).list();
  }

  private static Entry entry(ResultSet row, int n) throws SQLException {
    var status = OperationStatus.valueOf(row.getString("status"));
    var reason = row.getString("reason");
    var place = status != OperationStatus.QUEUED
        ? null
        : new Place(reason == null ? Place.Reason.LINE : Place.Reason.valueOf(reason), row.getLong("place"));
    return new Entry(new OperationId(row.getObject("id", UUID.class)), row.getObject("tenant_id", UUID.class),
        row.getString("tenant_name"), new OperationType(row.getString("type")), row.getString("subject_label"),
        row.getObject("server_id", UUID.class), row.getString("server_name"),
        Lane.valueOf(row.getString("lane").toUpperCase(Locale.ROOT)), status, row.getInt("attempt"),
        row.getTimestamp("created_at").toInstant(), maybe(row, "started_at"), maybe(row, "next_try_at"),
        maybe(row, "waiting_since"), row.getString("lease_owner"), maybe(row, "lease_expires_at"), place);
  }

  List<Node> nodes() {
    return jdbc.sql("""
        select id, host, version, places, used, started_at, heard_at, heard_at < now() - interval '1 minute' as silent,
               draining_since, drained_by
        from worker_node order by started_at, id
        """)
        .query((row, n) -> new Node(row.getString("id"), row.getString("host"), row.getString("version"),
            row.getInt("places"), row.getInt("used"), row.getTimestamp("started_at").toInstant(),
            row.getTimestamp("heard_at").toInstant(), row.getBoolean("silent"), maybe(row, "draining_since"),
            row.getString("drained_by")))
        .list();
  }

  List<Pause> pauses(UserId person) {
    return jdbc.sql("""
        select p.scope, p.reason, p.paused_by, p.paused_at,
               case when p.scope like 'server:%' then
                 server_name_for_operator(:person, cast(substr(p.scope, 8) as uuid)) end as name
        from queue_pause p order by p.scope
        """).param("person", person.value())
        .query((row, n) -> new Pause(new QueueScope(row.getString("scope")), row.getString("name"),
            row.getString("reason"), row.getString("paused_by"), row.getTimestamp("paused_at").toInstant()))
        .list();
  }

  Optional<String> serverName(UserId person, UUID server) {
    return jdbc.sql("select server_name_for_operator(:person, :server)").param("person", person.value())
        .param("server", server).query((row, n) -> Optional.ofNullable(row.getString(1))).single();
  }

  /** @return false if it was paused already */
  boolean pause(QueueScope scope, String reason, String by) {
    return jdbc.sql("""
        insert into queue_pause (scope, reason, paused_by) values (:scope, :reason, :by) on conflict do nothing
        """).param("scope", scope.value()).param("reason", reason).param("by", by).update() == 1;
  }

  /** @return false if it was not paused */
  boolean resume(QueueScope scope) {
    return jdbc.sql("delete from queue_pause where scope = :scope").param("scope", scope.value()).update() == 1;
  }

  /** Empty if there is no such node; else whether this changed something. */
  Optional<Boolean> drain(String node, @Nullable String by) {
    int changed = jdbc.sql("""
        update worker_node set draining_since = case when cast(:by as text) is null then null else now() end,
               drained_by = :by
        where id = :node and (draining_since is null) = (cast(:by as text) is not null)
        """).param("by", by, java.sql.Types.VARCHAR).param("node", node).update();
    return changed == 1
        ? Optional.of(true)
        : jdbc.sql("select false from worker_node where id = :node").param("node", node).query(Boolean.class)
            .optional();
  }

  private static @Nullable Instant maybe(ResultSet row, String column) throws SQLException {
    Timestamp at = row.getTimestamp(column);
    return at == null ? null : at.toInstant();
  }
}
