package io.chom.backups;

import io.chom.sites.SiteId;
import io.chom.tenancy.TenantContext;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
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

/** The current tenant's schedules and their runs. Whoever starts or plans runs holds the schedule's lock. */
@Component
class ScheduleRows {
  private static final String COLUMNS = """
      select id, site_id, backup_type, cron, zone, quiet, offset_seconds, catch_up, grace_minutes, enabled, keep_last,
             keep_daily, keep_weekly, keep_monthly, keep_yearly, keep_days, keep_bytes, prove_days, planned_until,
             exclude::text as exclude, (select coalesce(t.shared_from, t.id) from backup_target t
               where t.tenant_id = backup_schedule.tenant_id and t.id = backup_schedule.target_id) as target
      from backup_schedule where tenant_id = :tenant""";

  private final JdbcClient jdbc;
  private final ObjectMapper json;

  ScheduleRows(JdbcClient jdbc, ObjectMapper json) {
    this.jdbc = jdbc;
    this.json = json;
  }

  /** A schedule as it is stored. */
  record Row(ScheduleId id, SiteId site, ScheduleWish wish, Duration offset, boolean enabled, Instant plannedUntil) {
    DueTimes times() {
      return new DueTimes(Timetable.parse(wish.cron(), wish.zone()), offset, QuietHours.parse(wish.quiet()));
    }
  }

  /** A run that nobody has started yet. */
  record Planned(UUID id, Instant dueAt, Instant startBy, @Nullable Instant lateAt) {}

  List<Row> of(SiteId site) {
    return jdbc.sql(COLUMNS + " and site_id = :site order by backup_type").param("tenant", tenant())
        .param("site", site.value()).query(this::read).list();
  }

  Optional<Row> find(ScheduleId id) {
    return jdbc.sql(COLUMNS + " and id = :id").param("tenant", tenant()).param("id", id.value())
        .query(this::read).optional();
  }

  /** Nobody else plans or starts its runs until the end of the transaction. */
  Optional<Row> lock(ScheduleId id) {
    return jdbc.sql(COLUMNS + " and id = :id for update").param("tenant", tenant()).param("id", id.value())
        .query(this::read).optional();
  }

  /** Those with a run that is due, or whose next runs are not written down. */
  List<ScheduleId> due(Instant now) {
    return jdbc.sql("""
        select s.id from backup_schedule s
        where s.tenant_id = :tenant and s.enabled and (s.planned_until <= :now or exists (
          select from backup_run r
          where r.tenant_id = s.tenant_id and r.schedule_id = s.id and r.status = 'PLANNED' and r.due_at <= :now))
        order by s.id
        """).param("tenant", tenant()).param("now", Timestamp.from(now))
        .query((row, n) -> new ScheduleId(row.getObject("id", UUID.class))).list();
  }

  /** @param target the tenant's row of it; null for wherever its backups go */
  void insert(Row row, @Nullable UUID target) {
    jdbc.sql("""
        insert into backup_schedule (id, tenant_id, site_id, backup_type, cron, zone, quiet, offset_seconds, catch_up,
          grace_minutes, enabled, keep_last, keep_daily, keep_weekly, keep_monthly, keep_yearly, keep_days, keep_bytes,
          prove_days, planned_until, target_id, exclude)
        values (:id, :tenant, :site, :type, :cron, :zone, :quiet, :offset, :catchUp, :grace, :enabled, :last, :daily,
          :weekly, :monthly, :yearly, :days, :bytes, :prove, :planned, :target,
          cast(:exclude as jsonb))
        """).params(values(row, target)).update();
  }

  /** @param target as above */
  void update(Row row, @Nullable UUID target) {
    jdbc.sql("""
        update backup_schedule set backup_type = :type, cron = :cron, zone = :zone, quiet = :quiet, catch_up = :catchUp,
          grace_minutes = :grace, enabled = :enabled, keep_last = :last, keep_daily = :daily, keep_weekly = :weekly,
          keep_monthly = :monthly, keep_yearly = :yearly, keep_days = :days, keep_bytes = :bytes, prove_days = :prove,
          planned_until = :planned, target_id = :target, exclude = cast(:exclude as jsonb), updated_at = now()
        where tenant_id = :tenant and id = :id and site_id = :site and offset_seconds = :offset
        """).params(values(row, target)).update();
  }

  private Map<String, @Nullable Object> values(Row row, @Nullable UUID target) {
    var wish = row.wish();
    var keep = wish.keep();
    var values = new HashMap<String, @Nullable Object>();
    values.put("id", row.id().value());
    values.put("tenant", tenant());
    values.put("site", row.site().value());
    values.put("type", wish.type().name());
    values.put("cron", wish.cron());
    values.put("zone", wish.zone());
    values.put("quiet", wish.quiet());
    values.put("offset", (int) row.offset().toSeconds());
    values.put("catchUp", wish.catchUp());
    values.put("grace", (int) wish.grace().toMinutes());
    values.put("enabled", row.enabled());
    values.put("prove", wish.proveDays());
    values.put("last", keep.last());
    values.put("daily", keep.daily());
    values.put("weekly", keep.weekly());
    values.put("monthly", keep.monthly());
    values.put("yearly", keep.yearly());
    values.put("days", keep.days());
    values.put("bytes", keep.bytes());
    values.put("target", target);
    values.put("exclude", json.writeValueAsString(wish.exclude()));
    values.put("planned", Timestamp.from(row.plannedUntil()));
    return values;
  }

  void delete(ScheduleId id) {
    jdbc.sql("delete from backup_schedule where tenant_id = :tenant and id = :id").param("tenant", tenant())
        .param("id", id.value()).update();
  }

  void plannedUntil(ScheduleId id, Instant until) {
    jdbc.sql("update backup_schedule set planned_until = :until where tenant_id = :tenant and id = :id")
        .param("until", Timestamp.from(until)).param("tenant", tenant()).param("id", id.value()).update();
  }

  void plan(ScheduleId schedule, Instant dueAt, Instant startBy) {
    jdbc.sql("""
        insert into backup_run (tenant_id, schedule_id, due_at, start_by, status)
        values (:tenant, :schedule, :due, :startBy, 'PLANNED') on conflict (tenant_id, schedule_id, due_at) do nothing
        """).param("tenant", tenant()).param("schedule", schedule.value()).param("due", Timestamp.from(dueAt))
        .param("startBy", Timestamp.from(startBy)).update();
  }

  /** What was expected after this moment is expected no longer. */
  void unplan(ScheduleId schedule, Instant after) {
    jdbc.sql("""
        delete from backup_run
        where tenant_id = :tenant and schedule_id = :schedule and status = 'PLANNED' and due_at > :after
        """).param("tenant", tenant()).param("schedule", schedule.value()).param("after", Timestamp.from(after))
        .update();
  }

  /** Its runs that are due and not started, oldest first. */
  List<Planned> overdue(ScheduleId schedule, Instant now) {
    return jdbc.sql("""
        select id, due_at, start_by, late_at from backup_run
        where tenant_id = :tenant and schedule_id = :schedule and status = 'PLANNED' and due_at <= :now order by due_at
        """).param("tenant", tenant()).param("schedule", schedule.value()).param("now", Timestamp.from(now))
        .query((row, n) -> new Planned(row.getObject("id", UUID.class), row.getTimestamp("due_at").toInstant(),
            row.getTimestamp("start_by").toInstant(), instant(row, "late_at")))
        .list();
  }

  void late(UUID run, Instant now) {
    jdbc.sql("update backup_run set late_at = :now where tenant_id = :tenant and id = :id and late_at is null")
        .param("now", Timestamp.from(now)).param("tenant", tenant()).param("id", run).update();
  }

  void missed(UUID run, Instant now) {
    jdbc.sql(
        """
            update backup_run set status = 'MISSED', late_at = coalesce(late_at, :now) where tenant_id = :tenant and id = :id
            """)
        .param("now", Timestamp.from(now)).param("tenant", tenant()).param("id", run).update();
  }

  void refused(UUID run, String code) {
    jdbc.sql("update backup_run set refused = :code where tenant_id = :tenant and id = :id and status = 'PLANNED'")
        .param("code", code).param("tenant", tenant()).param("id", run).update();
  }

  void started(UUID run, BackupId backup, Instant now) {
    jdbc.sql("""
        update backup_run set status = 'STARTED', backup_id = :backup, started_at = :now
        where tenant_id = :tenant and id = :id and status = 'PLANNED'
        """).param("backup", backup.value()).param("now", Timestamp.from(now)).param("tenant", tenant())
        .param("id", run).update();
  }

  /** The runs of a site that were or are due in this time, oldest first, with what became of their backups. */
  List<RunView> runs(SiteId site, Instant from, Instant to) {
    return jdbc
        .sql(
            """
                select r.id, r.schedule_id, coalesce(b.backup_type, s.backup_type) as backup_type, r.due_at, r.status, r.late_at, r.refused, r.started_at, r.backup_id,
                       b.status as outcome, b.proof
                from backup_schedule s
                join backup_run r on r.tenant_id = s.tenant_id and r.schedule_id = s.id
                left join site_backup b on b.tenant_id = r.tenant_id and b.id = r.backup_id
                where s.tenant_id = :tenant and s.site_id = :site and r.due_at >= :from and r.due_at < :to
                order by r.due_at, r.id
                """)
        .param("tenant", tenant()).param("site", site.value()).param("from", Timestamp.from(from))
        .param("to", Timestamp.from(to)).query(ScheduleRows::run).list();
  }

  private static RunView run(ResultSet row, int n) throws SQLException {
    var backup = row.getObject("backup_id", UUID.class);
    var outcome = row.getString("outcome");
    var proof = row.getString("proof");
    return new RunView(row.getObject("id", UUID.class), new ScheduleId(row.getObject("schedule_id", UUID.class)),
        BackupType.valueOf(row.getString("backup_type")), row.getTimestamp("due_at").toInstant(),
        RunView.Status.valueOf(row.getString("status")), instant(row, "late_at"), row.getString("refused"),
        instant(row, "started_at"), backup == null ? null : new BackupId(backup),
        outcome == null ? null : BackupStatus.valueOf(outcome), proof == null ? null : BackupProof.valueOf(proof));
  }

  private Row read(ResultSet row, int n) throws SQLException {
    var keep = new ScheduleWish.Keep(row.getInt("keep_last"), row.getInt("keep_daily"), row.getInt("keep_weekly"),
        row.getInt("keep_monthly"), row.getInt("keep_yearly"), row.getObject("keep_days", Integer.class),
        row.getObject("keep_bytes", Long.class));
    var target = row.getObject("target", UUID.class);
    var wish = new ScheduleWish(BackupType.valueOf(row.getString("backup_type")), row.getString("cron"),
        row.getString("zone"), row.getString("quiet"), row.getBoolean("catch_up"),
        Duration.ofMinutes(row.getInt("grace_minutes")), row.getInt("prove_days"), keep,
        target == null ? null : new TargetId(target),
        json.readTree(row.getString("exclude")).valueStream().map(JsonNode::asString).toList());
    return new Row(new ScheduleId(row.getObject("id", UUID.class)), new SiteId(row.getObject("site_id", UUID.class)),
        wish, Duration.ofSeconds(row.getInt("offset_seconds")), row.getBoolean("enabled"),
        row.getTimestamp("planned_until").toInstant());
  }

  private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
    var at = row.getTimestamp(column);
    return at == null ? null : at.toInstant();
  }

  private static UUID tenant() {
    return TenantContext.current().value();
  }
}
