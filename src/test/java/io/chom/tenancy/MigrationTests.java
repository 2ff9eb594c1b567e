package io.chom.tenancy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.common.Uuid7;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;

/** What the schema promises, asked of a real PostgreSQL. */
class MigrationTests {
  private static List<String> column(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement(); var rows = statement.executeQuery(sql)) {
      var values = new ArrayList<String>();
      while (rows.next()) {
        values.add(rows.getString(1));
      }
      return values;
    }
  }

  private static void run(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Test
  void everyTenantTableIsLocked() throws SQLException {
    try (var connection = RealServices.asAdministrator()) {
      assertThat(column(connection, "select name from tenant_tables()")).contains("tenant", "membership", "site",
          "operation", "operation_log_chunk", "vps_server", "audit_event", "api_token");
      assertThat(column(connection, "select problem from unprotected_tenant_tables()")).isEmpty();
    }
  }

  @Test
  void aTableWithTenantIdAndNoPolicyIsNamed() throws SQLException {
    try (var connection = RealServices.asAdministrator()) {
      connection.setAutoCommit(false);
      run(connection, "create table forgotten (id int, tenant_id uuid)");
      run(connection, "alter table forgotten enable row level security");
      assertThat(column(connection, "select problem from unprotected_tenant_tables()"))
          .containsExactly("table forgotten has row level security not forced on its owner");
      run(connection, "alter table forgotten force row level security");
      assertThat(column(connection, "select problem from unprotected_tenant_tables()"))
          .containsExactly("table forgotten has no policy one_tenant of the prescribed form");
      connection.rollback();
    }
  }

  @Test
  void aMigrationThatLeavesAHoleFails() throws SQLException {
    var logins = RealServices.emptyDatabase("holes");
    RealServices.migrate(logins);
    try (var owner = logins.migration().connect()) {
      run(owner, "create table newer (id int, tenant_id uuid)");
      RealServices.migrate(logins);
      assertThat(column(owner, "select problem from unprotected_tenant_tables()")).as("locked after migrating")
          .isEmpty();
      run(owner, "create policy too_kind on site to chom_app using (true)");
    }
    assertThatThrownBy(() -> RealServices.migrate(logins)).hasStackTraceContaining("too_kind");
    try (var owner = logins.migration().connect()) {
      run(owner, "drop policy too_kind on site");
      run(owner, "create view everyones_sites as select tenant_id, domain from site");
      run(owner, "grant select on everyones_sites to chom_app");
    }
    assertThatThrownBy(() -> RealServices.migrate(logins)).hasStackTraceContaining("everyones_sites");
  }

  @Test
  void everyMigrationCanBeUndoneAndDoneAgain() throws SQLException, IOException {
    var logins = RealServices.emptyDatabase("undone");
    RealServices.migrate(logins);
    var files = new PathMatchingResourcePatternResolver();
    var undo = Arrays.stream(files.getResources("classpath:db/undo/U*.sql"))
        .sorted(Comparator.comparing(Resource::getFilename).reversed()).toList();
    assertThat(undo).hasSameSizeAs(files.getResources("classpath:db/migration/V*.sql"));
    try (var owner = logins.migration().connect()) {
      for (var script : undo) {
        run(owner, script.getContentAsString(StandardCharsets.UTF_8));
      }
      assertThat(column(owner, "select relname from pg_class where relnamespace = 'public'::regnamespace"
          + " and relname not like 'flyway%' union all"
          + " select proname from pg_proc where pronamespace = 'public'::regnamespace")).isEmpty();
      run(owner, "drop table flyway_schema_history");
    }
    assertThatCode(() -> RealServices.migrate(logins)).doesNotThrowAnyException();
  }

  @Test
  void referencesNeverCrossTenants() throws SQLException {
    var acme = Tenants.acme();
    var globex = Tenants.globex();
    var foreign = globex.server();
    try (var connection = RealServices.asAdministrator()) { // behind the row locks: the keys hold by themselves
      assertThatThrownBy(() -> acme.allocate(foreign, globex.id())).hasMessageContaining("check");
      assertThatThrownBy(() -> acme.allocate(foreign, acme.id())).hasMessageContaining("foreign key");
      assertThatThrownBy(() -> run(connection,
          "insert into site (tenant_id, server_id, domain, type, uid, unix_user, status) values ('" + acme.id() + "', '"
              + foreign + "', 'a.example', 'static', 300001, 's300001', 'ACTIVE')"))
          .hasMessageContaining("foreign key");
      var operation = Uuid7.next();
      run(connection, "insert into operation (id, tenant_id, type, subject_kind, subject_id, subject_label,"
          + " requested_label) values ('" + operation + "', '" + globex.id() + "', 'X', 'site', '" + foreign
          + "', 'x', 'x')");
      assertThatThrownBy(() -> run(connection, "insert into operation_log_chunk values ('" + acme.id() + "', '"
          + operation + "', 0, 1, 'x')")).hasMessageContaining("foreign key");
    }
  }

  @Test
  void theClocksSeeEveryQueueAndNoSecret() throws SQLException {
    Tenants.acme().server();
    try (var jobs = RealServices.logins().jobs().connect()) {
      assertThat(column(jobs, "select id from vps_server")).isNotEmpty();
      for (var forbidden : List.of("select private_key_sealed from vps_server", "select * from membership",
          "select * from site", "update operation set tenant_id = tenant_id", "update operation set payload = '{}'",
          "delete from operation", "select * from app_user", "select * from audit_event")) {
        assertThatThrownBy(() -> run(jobs, forbidden)).as(forbidden).hasMessageContaining("permission denied");
      }
    }
  }

  @Test
  void theApplicationCannotRewriteHistory() throws SQLException {
    try (var app = RealServices.logins().app().connect()) {
      for (var forbidden : List.of("update audit_event set action = 'x'", "delete from audit_event",
          "update operation_log_chunk set data = 'x'", "delete from operation", "truncate audit_event",
          "alter table site disable row level security", "set role chom_owner", "create table mine (id int)")) {
        assertThatThrownBy(() -> run(app, forbidden)).as(forbidden).isInstanceOf(SQLException.class);
      }
    }
  }
}
