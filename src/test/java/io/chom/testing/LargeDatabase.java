package io.chom.testing;

import io.chom.tenancy.DatabaseLogin;
import io.chom.tenancy.DatabaseLogins;
import io.chom.tenancy.DatabaseRoles;
import io.chom.tenancy.TenantId;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.springframework.security.crypto.argon2.Argon2PasswordEncoder;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A PostgreSQL of its own with many tenants in it, which writes down how it carries out every statement
 * (<a href="https://www.postgresql.org/docs/current/auto-explain.html">auto_explain</a>, nested ones too). Nothing in it is
 * due, so that a panel started on it only looks.
 */
public final class LargeDatabase implements AutoCloseable {
  /** What is there: each tenant has as many sites, and each site as many backups. */
  public record Size(int tenants, int sites, int backups) {
    /** The sites on each server. */
    public int onServer() {
      return Math.min(sites, SITES_ON_A_SERVER);
    }
  }

  /** Something read from a table or one of its indexes while a statement was carried out. */
  public record Reading(String statement, String node, String table, long rows) {}

  private static final int SITES_ON_A_SERVER = 100;
  private static final Pattern SPACE = Pattern.compile("\\s+");

  private final Size size;
  private final Path directory;
  private final EmbeddedPostgres postgres;
  private final DatabaseLogins logins;

  private LargeDatabase(Size size, Path directory, EmbeddedPostgres postgres, DatabaseLogins logins) {
    this.size = size;
    this.directory = directory;
    this.postgres = postgres;
    this.logins = logins;
  }

  /** Takes a minute for each million backups. */
  public static LargeDatabase of(Size size) {
    try {
      var directory = Files.createTempDirectory("chom-large");
      var postgres = EmbeddedPostgres.builder().setDataDirectory(directory.resolve("data"))
          .setServerConfig("unix_socket_directories", "").setServerConfig("shared_buffers", "1GB")
          .setServerConfig("maintenance_work_mem", "256MB").setServerConfig("max_wal_size", "8GB")
          .setServerConfig("wal_level", "minimal").setServerConfig("max_wal_senders", "0")
          .setServerConfig("fsync", "off").setServerConfig("full_page_writes", "off")
          .setServerConfig("shared_preload_libraries", "auto_explain")
          .setServerConfig("auto_explain.log_analyze", "on").setServerConfig("auto_explain.log_timing", "off")
          .setServerConfig("auto_explain.log_format", "json")
          .setServerConfig("auto_explain.log_nested_statements", "on")
          .setServerConfig("auto_explain.log_parameter_max_length", "0").setServerConfig("logging_collector", "on")
          .setServerConfig("log_destination", "jsonlog").setServerConfig("log_rotation_size", "0")
          .setServerConfig("log_directory", directory.resolve("log").toString())
          .setServerConfig("log_filename", "plans.log").start();
      var administrator = login(postgres, "postgres");
      var logins = DatabaseRoles.create(administrator, "chom", role -> role);
      RealServices.migrate(logins);
      var large = new LargeDatabase(size, directory, postgres, logins);
      large.fill();
      return large;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static DatabaseLogin login(EmbeddedPostgres postgres, String database) {
    return DatabaseLogin.parse("CHOM_DATABASE_ADMIN_URL",
        "postgresql://postgres:postgres@127.0.0.1:" + postgres.getPort() + "/" + database);
  }

  public Size size() {
    return size;
  }

  /** The panel's three logins. */
  public DatabaseLogins logins() {
    return logins;
  }

  /** A superuser's connection. */
  public Connection asAdministrator() throws SQLException {
    return DriverManager.getConnection(login(postgres, "chom").urlWithLogin());
  }

  /** A tenant in the middle. */
  public TenantId someTenant() {
    return new TenantId(id("select id from tenant where slug = 't" + size.tenants() / 2 + "'"));
  }

  /** The admin of {@link #someTenant()}, who signs in with {@link Tenants#PASSWORD}. */
  public String admin() {
    return "admin@t" + size.tenants() / 2 + ".example";
  }

  /** An operator of the whole installation. */
  public String operator() {
    return "operator@platform.example";
  }

  /** The first column of the first row. */
  public UUID id(String sql) {
    try (var connection = asAdministrator();
        var statement = connection.createStatement();
        var rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getObject(1, UUID.class);
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  /** Every statement from now on, of connections made from now on. */
  public void writeDownPlans() {
    run("alter database chom set auto_explain.log_min_duration = 0");
  }

  /** How many rows each table has, as the planner believes. */
  public Map<String, Long> tables() {
    var tables = new TreeMap<String, Long>();
    try (var connection = asAdministrator();
        var statement = connection.createStatement();
        var rows = statement.executeQuery("select relname, reltuples::bigint from pg_class"
            + " where relkind = 'r' and relnamespace = 'public'::regnamespace")) {
      while (rows.next()) {
        tables.put(rows.getString(1), rows.getLong(2));
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return tables;
  }

  /** What was read from tables since plans are written down, by all statements of the panel's logins. */
  public List<Reading> readings() {
    var json = JsonMapper.builder().build();
    var all = new ArrayList<Reading>();
    try (var lines = Files.lines(directory.resolve("log/plans.json"))) {
      lines.map(line -> json.readTree(line).path("message").asString("")).filter(line -> line.contains("plan:\n"))
          .map(line -> json.readTree(line.substring(line.indexOf("plan:\n") + 6)))
          .forEach(plan -> read(plan.path("Query Text").asString(), plan.path("Plan"), all));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return all;
  }

  private static void read(String statement, JsonNode node, List<Reading> all) {
    if (node.has("Relation Name") && !node.path("Node Type").asString().equals("ModifyTable")) {
      var loops = node.path("Actual Loops").asDouble();
      var each = Stream.of("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
          .mapToDouble(name -> node.path(name).asDouble(0)).sum();
      all.add(new Reading(SPACE.matcher(statement).replaceAll(" "), node.path("Node Type").asString(),
          node.path("Relation Name").asString(), Math.round(each * loops)));
    }
    node.path("Plans").forEach(below -> read(statement, below, all));
  }

  private void fill() {
    var servers = Math.max(1, size.sites() / SITES_ON_A_SERVER);
    var hash = Argon2PasswordEncoder.defaultsForSpringSecurity_v5_8().encode(Tenants.PASSWORD);
    run("""
        set session_replication_role = replica; -- references are true by the way this is written
        insert into organization (id, name) select uuidv7(), 'Organization ' || n from generate_series(0, %1$d - 1) n;
        insert into tenant (organization_id, name, slug, tier)
          select o.id, 'Tenant ' || split_part(o.name, ' ', 2), 't' || split_part(o.name, ' ', 2), 'enterprise'
          from organization o where o.name like 'Organization %%';
        create table filling as select id, substr(slug, 2)::int as n from tenant where slug ~ '^t[0-9]+$';
        insert into app_user (email, name, password_hash)
          select 'admin@t' || n || '.example', 'Admin ' || n, '%6$s' from filling;
        insert into app_user (email, name, password_hash, operator)
          values ('operator@platform.example', 'Operator', '%6$s', true);
        insert into membership (tenant_id, user_id, role)
          select f.id, u.id, 'ADMIN' from filling f join app_user u on u.email = 'admin@t' || f.n || '.example';
        insert into vps_server (tenant_id, name, host, port, login_user, host_key, host_key_algorithm, key_id,
            private_key_sealed, public_key, status, capacity_sites, health_at, stats_at, drift_asked_at, php_versions)
          select '%5$s', 'web-' || f.n || '-' || s, '127.0.0.1', 22, 'chom', 'SHA256:x', 'ssh-ed25519', 'k1', 'sealed',
                 'ssh-ed25519 AAAA', 'READY', 200, now() + interval '1 day', now() + interval '1 day',
                 now() + interval '1 day', '{8.4}'
          from filling f cross join generate_series(0, %4$d - 1) s;
        insert into server_allocation (tenant_id, server_id, server_tenant_id, server_name, public_host)
          select f.id, s.id, s.tenant_id, s.name, s.host
          from filling f join vps_server s on s.name ~ '^web-[0-9]+-' and split_part(s.name, '-', 2)::int = f.n;
        insert into site (tenant_id, server_id, domain, type, php_version, status, uid, unix_user, document_root,
            storage_used_mb, storage_at, ssl_enabled, ssl_expires_at, created_at, deleted_at)
          select f.id, a.server_id, 's' || i || '.t' || f.n || '.example', 'php', '8.4',
                 case when i %% 97 = 5 then 'FAILED' when i %% 50 = 7 then 'DISABLED' else 'ACTIVE' end,
                 200000 + f.n * %2$d + i, 's' || 200000 + f.n * %2$d + i, 'current/public', 50 + i %% 400, now(),
                 i %% 10 > 0, now() + make_interval(days => 1 + i %% 89), now() - make_interval(hours => i * 5 + f.n %% 5),
                 null
          from filling f
          cross join generate_series(0, %2$d - 1) i
          join server_allocation a on a.tenant_id = f.id and split_part(a.server_name, '-', 3)::int = i %% %4$d;
        insert into certificate (tenant_id, site_id, status, issuer, serial, not_before, not_after, renew_at)
          select tenant_id, id, 'ACTIVE', 'CA', 'aa', now() - interval '1 day', ssl_expires_at, now() + interval '9 days'
          from site where ssl_enabled;
        insert into backup_target (tenant_id, name, kind, location) select id, '/backups', 'LOCAL', '/backups' from filling;
        insert into backup_repository (tenant_id, site_id, target_id, server_id, key_sealed, stored_bytes)
          select s.tenant_id, s.id, t.id, s.server_id, 'sealed', 1000000 from site s join backup_target t using (tenant_id);
        insert into site_backup (tenant_id, site_id, repository_id, backup_type, status, proof, proven_at, snapshot,
            manifest, files, size_bytes, added_bytes, created_at, finished_at)
          select r.tenant_id, r.site_id, r.id, (array['FULL', 'FILES', 'DATABASE'])[1 + i %% 3], 'COMPLETED',
                 case when i = 1 then 'PROVEN' when i = 6 then 'BROKEN' else 'UNPROVEN' end, case when i in (1, 6) then now() end,
                 repeat('0', 64), repeat('0', 64), 1000, 1000000, 10000,
                 now() - make_interval(days => i, secs => r.n %% 86400), now() - make_interval(days => i)
          from (select tenant_id, site_id, id, row_number() over () as n from backup_repository) r
          cross join generate_series(0, %3$d - 1) i;
        insert into backup_proof (tenant_id, backup_id, server_id, outcome)
          select b.tenant_id, b.id, r.server_id, b.proof from site_backup b join backup_repository r on r.id = b.repository_id
          where b.proof <> 'UNPROVEN';
        insert into backup_schedule (tenant_id, site_id, backup_type, cron, zone, offset_seconds, catch_up, grace_minutes,
            keep_last, keep_daily, keep_weekly, keep_monthly, keep_yearly, prove_days, planned_until)
          select tenant_id, id, 'FULL', '30 2 * * *', 'Europe/Berlin', 7, true, 60, 0, 7, 4, 0, 0, 7, now() + interval '2 days'
          from site;
        insert into backup_run (tenant_id, schedule_id, due_at, start_by, status, late_at)
          select tenant_id, id, now() + make_interval(days => d, hours => 5), now() + make_interval(days => d, hours => 6),
                 case when d < 0 then 'MISSED' else 'PLANNED' end, case when d < 0 then now() end
          from backup_schedule cross join generate_series(-2, 1) d;
        insert into operation (tenant_id, type, subject_kind, subject_id, subject_label, server_id, status, fence, progress,
            requested_label, created_at, started_at, finished_at)
          select tenant_id, 'site.create', 'site', id, domain, server_id,
                 case when uid %% 40 = 3 then 'FAILED' else 'SUCCEEDED' end, 1, 100, 'Admin', created_at, created_at,
                 created_at from site;
        insert into audit_event (tenant_id, seq, actor_label, action, subject_kind, subject_id, subject_label, created_at,
            previous_hash, hash)
          select tenant_id, uid, 'Admin', 'site.create', 'site', id, domain, created_at, '', '' from site;
        insert into notification (tenant_id, kind, subject_kind, subject_id, subject_label, about, occurred_at, number)
          select tenant_id, 'BACKUP_FAILED', 'site', id, domain, 'backup.create', now() - make_interval(days => uid %% 20),
                 uid from site where uid %% 5 = 0;
        drop table filling;
        select setval('site_uid_seq', 200000 + %1$d * %2$d);
        """
        .formatted(size.tenants(), size.sites(), size.backups(), servers, TenantId.PLATFORM.value(), hash));
    run("vacuum (analyze)");
  }

  /** Has something asked for {@link #someTenant()}, behind the locks. */
  public void askForSomeTenant(String sql) {
    run("select set_config('chom.tenant', '" + someTenant() + "', false); " + sql);
  }

  private void run(String sql) {
    try (var connection = asAdministrator(); var statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  /** Stops the server and takes its data away. */
  @Override
  public void close() throws IOException {
    postgres.close();
    try (var files = Files.walk(directory)) {
      for (var file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
