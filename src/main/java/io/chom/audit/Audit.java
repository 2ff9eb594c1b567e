package io.chom.audit;

import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.tenancy.TenantContext;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import tools.jackson.databind.ObjectMapper;

/**
 * The current tenant's log of who did what. Each event carries a keyed hash over itself and the event before it, so
 * that a changed, removed or inserted one is found.
 */
@Service
public class Audit {
  private static final String COLUMNS = """
      select id, seq, actor_user, actor_label, action, subject_kind, subject_id, subject_label, detail::text as detail,
             created_at, previous_hash, hash
      from audit_event where tenant_id = :tenant
      """;

  private final JdbcClient jdbc;
  private final AuditSeal seal;
  private final ObjectMapper json;
  private final Clock clock;

  Audit(JdbcClient jdbc, AuditSeal seal, ObjectMapper json, Clock clock) {
    this.jdbc = jdbc;
    this.seal = seal;
    this.json = json;
    this.clock = clock;
  }

  /**
   * Writes an event in the transaction of what it tells of: both are there, or neither.
   *
   * @param action such as {@code site.create}
   * @param detail small and never secret
   */
  @Transactional(propagation = Propagation.MANDATORY)
  public void record(Actor actor, String action, String subjectKind, @Nullable UUID subjectId, String subjectLabel,
      Map<String, Object> detail) {
    UUID tenant = TenantContext.current().value();
    // one writer per tenant until the commit, or two events would follow the same one
    jdbc.sql("select pg_advisory_xact_lock(hashtextextended('chom.audit.' || cast(:tenant as text), 0))")
        .param("tenant", tenant).query(row -> {});
    var last = jdbc.sql("select seq, hash from audit_event where tenant_id = :tenant order by seq desc limit 1")
        .param("tenant", tenant).query((row, n) -> new Link(row.getLong("seq"), row.getString("hash"))).optional()
        .orElse(Link.FIRST);
    var event = new AuditEvent(Uuid7.next(), last.seq() + 1, actor.user() == null ? null : actor.user().value(),
        actor.label(), action, subjectKind, subjectId, subjectLabel, json.writeValueAsString(sorted(detail)),
        clock.instant().truncatedTo(ChronoUnit.MICROS), last.hash());
    insert(tenant, event, seal.of(tenant, event));
  }

  private void insert(UUID tenant, AuditEvent event, String hash) {
    jdbc.sql("""
        insert into audit_event (id, tenant_id, seq, actor_user, actor_label, action, subject_kind, subject_id,
                                 subject_label, detail, created_at, previous_hash, hash)
        values (:id, :tenant, :seq, :actor, :actorLabel, :action, :kind, :subject, :label, cast(:detail as jsonb),
                :at, :previous, :hash)
        """).param("id", event.id()).param("tenant", tenant).param("seq", event.seq())
        .param("actor", event.actor(), Types.OTHER).param("actorLabel", event.actorLabel())
        .param("action", event.action()).param("kind", event.subjectKind())
        .param("subject", event.subject(), Types.OTHER).param("label", event.subjectLabel())
        .param("detail", event.detail()).param("at", Timestamp.from(event.at()))
        .param("previous", event.previousHash()).param("hash", hash).update();
  }

  /** Newest first, from just before a sequence number. */
  @Transactional(readOnly = true)
  public List<AuditEvent> page(@Nullable Long beforeSeq, int limit) {
    return jdbc.sql(COLUMNS + """
         and (cast(:before as bigint) is null or seq < :before) order by seq desc limit :limit
        """).param("tenant", TenantContext.current().value()).param("before", beforeSeq).param("limit", limit)
        .query((row, n) -> read(row)).list();
  }

  /** What does not fit in the chain; empty when nothing was touched. Reads one event at a time. */
  @Transactional(readOnly = true)
  public List<String> verify() {
    UUID tenant = TenantContext.current().value();
    List<String> faults = new ArrayList<>();
    var expected = new Link[]{Link.FIRST};
    jdbc.sql(COLUMNS + " order by seq").param("tenant", tenant).withFetchSize(500).query(row -> {
      var event = read(row);
      if (event.seq() != expected[0].seq() + 1) {
        faults.add("event " + event.seq() + " does not follow event " + expected[0].seq());
      }
      if (!event.previousHash().equals(expected[0].hash()) || !seal.of(tenant, event).equals(row.getString("hash"))) {
        faults.add("event " + event.seq() + " was changed");
      }
      expected[0] = new Link(event.seq(), row.getString("hash"));
    });
    return faults;
  }

  private AuditEvent read(ResultSet row) throws SQLException {
    // jsonb keeps no order and no spacing: bring it back to the form that was sealed
    var detail = json.readValue(row.getString("detail"), TreeMap.class);
    return new AuditEvent(row.getObject("id", UUID.class), row.getLong("seq"), row.getObject("actor_user", UUID.class),
        row.getString("actor_label"), row.getString("action"), row.getString("subject_kind"),
        row.getObject("subject_id", UUID.class), row.getString("subject_label"), json.writeValueAsString(detail),
        instant(row), row.getString("previous_hash"));
  }

  private static Instant instant(ResultSet row) throws SQLException {
    return row.getTimestamp("created_at").toInstant();
  }

  private static Map<String, Object> sorted(Map<String, Object> detail) {
    return new TreeMap<>(detail);
  }

  private record Link(long seq, String hash) {
    static final Link FIRST = new Link(0, "");
  }
}
