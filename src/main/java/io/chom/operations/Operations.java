package io.chom.operations;

import io.chom.common.Actor;
import io.chom.live.LiveEvents;
import io.chom.queue.Bell;
import io.chom.tenancy.TenantContext;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import tools.jackson.databind.ObjectMapper;

/** The current tenant's long-running changes. The row in the table is the promise; the queue only rings. */
@Service
public class Operations {
  /** The Redis Stream that wakes workers. */
  public static final String STREAM = "chom:operations";

  private final JdbcClient jdbc;
  private final OperationRows rows;
  private final ObjectMapper json;
  private final Bell bell;
  private final LiveEvents live;

  Operations(JdbcClient jdbc, OperationRows rows, ObjectMapper json, Bell bell, LiveEvents live) {
    this.jdbc = jdbc;
    this.rows = rows;
    this.json = json;
    this.bell = bell;
    this.live = live;
  }

  /**
   * Promises the change: it is carried out if, and only if, the caller's transaction commits.
   *
   * @return the new operation, or the one that the same idempotency key made before
   */
  @Transactional(propagation = Propagation.MANDATORY)
  public Operation request(NewOperation wanted, Actor actor) {
    return request(wanted, null, actor);
  }

  /** Promises the same change once more; the caller holds the failed one. */
  Operation repeat(NewOperation wanted, Operation failed, Actor actor) {
    return request(wanted, failed.id(), actor);
  }

  private Operation request(NewOperation wanted, @Nullable OperationId repeats, Actor actor) {
    var id = OperationId.fresh();
    int inserted = jdbc.sql("""
        insert into operation (id, tenant_id, type, subject_kind, subject_id, subject_label, server_id, lane, status,
                               payload, requested_by, requested_label, idempotency_key, repeats, created_at)
        values (:id, :tenant, :type, :kind, :subject, :label, :server, :lane, 'QUEUED',
                cast(:payload as jsonb), :actor, :actorLabel, :key, :repeats, now())
        on conflict (tenant_id, idempotency_key) where idempotency_key is not null do nothing
        """).param("id", id.value()).param("tenant", TenantContext.current().value())
        .param("type", wanted.type().value()).param("kind", wanted.subject().kind())
        .param("subject", wanted.subject().id()).param("label", wanted.subject().label())
        .param("server", wanted.server()).param("lane", wanted.lane().word())
        .param("payload", json.writeValueAsString(wanted.payload()))
        .param("actor", actor.user() == null ? null : actor.user().value()).param("actorLabel", actor.label())
        .param("key", wanted.idempotencyKey())
        .param("repeats", repeats == null ? null : repeats.value(), java.sql.Types.OTHER).update();
    if (inserted == 0) {
      return rows.findByKey(java.util.Objects.requireNonNull(wanted.idempotencyKey())).orElseThrow();
    }
    bell.ringAfterCommit(STREAM, id.toString());
    live.changedAfterCommit(TenantContext.current(), Topics.ALL, Topics.subject(wanted.subject()));
    return rows.find(id).orElseThrow();
  }

  /**
   * One operation of the current tenant.
   *
   * @throws OperationNotFound there is none by that id for this tenant
   */
  @Transactional(readOnly = true)
  public Operation get(OperationId id) {
    return rows.find(id).orElseThrow(() -> new OperationNotFound(id));
  }

  /** The operation that this tenant already asked for with an idempotency key. */
  @Transactional(readOnly = true)
  public Optional<Operation> requested(String idempotencyKey) {
    return rows.findByKey(idempotencyKey);
  }

  /** Newest first; ask for one more than is shown to learn whether there is a next page. */
  @Transactional(readOnly = true)
  public List<Operation> page(@Nullable OperationStatus status, @Nullable UUID subject, @Nullable OperationId before,
      int limit) {
    return rows.page(status, subject, before, limit);
  }

  /** Where an operation of the current tenant stands; empty for one that does not wait for a worker. */
  @Transactional(readOnly = true)
  public Optional<Place> place(Operation operation) {
    return operation.status() == OperationStatus.QUEUED ? rows.place(operation.id()) : Optional.empty();
  }

  /** Where those of the current tenant's operations stand that wait; asks nothing when none of these does. */
  @Transactional(readOnly = true)
  public Map<OperationId, Place> places(List<Operation> shown) {
    return shown.stream().anyMatch(operation -> operation.status() == OperationStatus.QUEUED)
        ? rows.places()
        : Map.of();
  }

  /** What is queued or running now, newest first. */
  @Transactional(readOnly = true)
  public List<Operation> unfinished(int limit) {
    return rows.unfinished(limit);
  }

  /** The log from a byte offset on, in order and without gaps; at most {@code limit} pieces. */
  @Transactional(readOnly = true)
  public List<LogChunk> log(OperationId id, long from, int limit) {
    return rows.log(id, from, limit);
  }
}
