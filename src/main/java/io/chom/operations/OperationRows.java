package io.chom.operations;

import io.chom.tenancy.TenantContext;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Reads operations of the current tenant; every statement names the tenant, whatever row-level security would do. */
@Component
class OperationRows {
  private static final String COLUMNS = """
      select id, type, subject_kind, subject_id, subject_label, server_id, lane, status, attempt, progress, step,
             log_length, error_code, error_message, payload::text as payload, requested_by, requested_label,
             created_at, started_at, next_try_at, waiting_since, finished_at, tries, coalesce(sent_as, id) as sent_as, repeats, copied,
             case when status = 'CANCELLED' then result->'left_behind' end as left_behind
      from operation where tenant_id = :tenant
      """;

  private final JdbcClient jdbc;
  private final ObjectMapper json;

  OperationRows(JdbcClient jdbc, ObjectMapper json) {
    this.jdbc = jdbc;
    this.json = json;
  }

  Optional<Operation> find(OperationId id) {
    return jdbc.sql(COLUMNS + " and id = :id").param("tenant", tenant()).param("id", id.value()).query(this::read)
        .optional();
  }

  /** Holds it until the transaction ends. */
  Optional<Operation> lock(OperationId id) {
    return jdbc.sql(COLUMNS + " and id = :id for update").param("tenant", tenant()).param("id", id.value())
        .query(this::read).optional();
  }

  /** Call it with the lock, for an operation that is queued. */
  void cancelQueued(OperationId id) {
    jdbc.sql("""
        update operation set status = 'CANCELLED', next_try_at = null, error_code = null, error_message = null,
               result = '{"left_behind": []}', finished_at = now()
        where tenant_id = :tenant and id = :id and status = 'QUEUED'
        """).param("tenant", tenant()).param("id", id.value()).update();
  }

  /** Call it with the lock, for an operation that runs; one that nobody holds at this moment is due at once. */
  void cancelRunning(OperationId id) {
    jdbc.sql("""
        update operation set status = 'CANCELLING',
               lease_expires_at = case when lease_owner is null then now() else lease_expires_at end
        where tenant_id = :tenant and id = :id and status = 'RUNNING'
        """).param("tenant", tenant()).param("id", id.value()).update();
  }

  /** Call it with the lock; whoever works on it learns that it is theirs no more. */
  void fail(OperationId id, String code, String message) {
    jdbc.sql("""
        update operation set status = 'FAILED', error_code = :code, error_message = :message, next_try_at = null,
               waiting_since = null, lease_owner = null, lease_expires_at = null, finished_at = now()
        where tenant_id = :tenant and id = :id and status in ('RUNNING', 'CANCELLING')
        """).param("code", code).param("message", message).param("tenant", tenant()).param("id", id.value()).update();
  }

  /** The operation that asks for this one again. */
  Optional<Operation> repeating(OperationId failed) {
    return jdbc.sql(COLUMNS + " and repeats = :failed").param("tenant", tenant()).param("failed", failed.value())
        .query(this::read).optional();
  }

  /** Whether something else was asked of its subject after an operation. */
  boolean hasLater(OperationId id, UUID subject) {
    return jdbc.sql("""
        select exists (select from operation later join operation this on this.tenant_id = later.tenant_id
          where later.tenant_id = :tenant and later.subject_id = :subject and this.id = :id
            and (later.created_at, later.id) > (this.created_at, this.id))
        """).param("tenant", tenant()).param("subject", subject).param("id", id.value()).query(Boolean.class).single();
  }

  Optional<Operation> findByKey(String idempotencyKey) {
    return jdbc.sql(COLUMNS + " and idempotency_key = :key").param("tenant", tenant()).param("key", idempotencyKey)
        .query(this::read).optional();
  }

  /** Newest first, from just before {@code before}; one more than {@code limit} tells that there are further ones. */
  List<Operation> page(@Nullable OperationStatus status, @Nullable UUID subject, @Nullable OperationId before,
      int limit) {
    // a text of its own for each choice: the database plans a prepared statement once for all that it may be asked
    return jdbc.sql(COLUMNS + (status == null ? "" : " and status = :status")
        + (subject == null ? "" : " and subject_id = :subject")
        + (before == null
            ? ""
            : " and (created_at, id) < ((select created_at from operation"
                + " where tenant_id = :tenant and id = :before), :before)")
        + " order by created_at desc, id desc limit :limit").param("tenant", tenant())
        .param("status", status == null ? null : status.name())
        .param("subject", subject).param("before", before == null ? null : before.value()).param("limit", limit)
        .query(this::read).list();
  }

  List<Operation> unfinished(int limit) {
    return jdbc.sql(COLUMNS + """
         and status in ('QUEUED', 'RUNNING', 'CANCELLING') order by created_at desc, id desc limit :limit
        """).param("tenant", tenant()).param("limit", limit).query(this::read).list();
  }

  /** Where the tenant's waiting operations stand. */
  Map<OperationId, Place> places() {
    return places("", null);
  }

  Optional<Place> place(OperationId id) {
    return Optional.ofNullable(places(" where operation_id = :id", id).get(id));
  }

  private Map<OperationId, Place> places(String which, @Nullable OperationId id) {
    Map<OperationId, Place> places = new HashMap<>();
    jdbc.sql("select operation_id, reason, place from places_in_line()" + which)
        .param("id", id == null ? null : id.value(), Types.OTHER).query(row -> {
          var reason = row.getString("reason");
          places.put(new OperationId(row.getObject("operation_id", UUID.class)),
              new Place(reason == null ? Place.Reason.LINE : Place.Reason.valueOf(reason), row.getLong("place")));
        });
    return places;
  }

  List<LogChunk> log(OperationId id, long from, int limit) {
    return jdbc.sql("""
        select from_offset, length, data from operation_log_chunk
        where tenant_id = :tenant and operation_id = :id and from_offset + length > :from
        order by from_offset limit :limit
        """).param("tenant", tenant()).param("id", id.value()).param("from", from).param("limit", limit)
        .query((row, n) -> new LogChunk(row.getLong("from_offset"), row.getLong("from_offset") + row.getInt("length"),
            row.getString("data")))
        .list();
  }

  private static UUID tenant() {
    return TenantContext.current().value();
  }

  private Operation read(ResultSet row, int n) throws SQLException {
    return new Operation(new OperationId(row.getObject("id", UUID.class)), new OperationType(row.getString("type")),
        new Subject(row.getString("subject_kind"), row.getObject("subject_id", UUID.class),
            row.getString("subject_label")),
        row.getObject("server_id", UUID.class), Lane.valueOf(row.getString("lane").toUpperCase(java.util.Locale.ROOT)),
        OperationStatus.valueOf(row.getString("status")), row.getInt("attempt"), row.getInt("progress"),
        row.getString("step"), row.getLong("log_length"), row.getString("error_code"), row.getString("error_message"),
        json.readTree(row.getString("payload")), row.getObject("requested_by", UUID.class),
        row.getString("requested_label"), instant(row, "created_at"), maybe(row, "started_at"),
        maybe(row, "next_try_at"), maybe(row, "waiting_since"), maybe(row, "finished_at"),
        words(row.getString("left_behind")), row.getInt("tries"), triesAllowed(row),
        row.getObject("sent_as", UUID.class), maybeId(row.getObject("repeats", UUID.class)),
        row.getBoolean("copied"));
  }

  private static @Nullable Integer triesAllowed(ResultSet row) throws SQLException {
    var most = RetryPolicy.most(row.getString("error_code"), row.getInt("tries"));
    return row.getString("status").equals("QUEUED") && most.isPresent() ? most.getAsInt() : null;
  }

  private static @Nullable OperationId maybeId(@Nullable UUID id) {
    return id == null ? null : new OperationId(id);
  }

  private List<String> words(@Nullable String list) {
    return list == null ? List.of() : json.readTree(list).valueStream().map(JsonNode::asString).toList();
  }

  private static Instant instant(ResultSet row, String column) throws SQLException {
    return row.getTimestamp(column).toInstant();
  }

  private static @Nullable Instant maybe(ResultSet row, String column) throws SQLException {
    Timestamp at = row.getTimestamp(column);
    return at == null ? null : at.toInstant();
  }
}
