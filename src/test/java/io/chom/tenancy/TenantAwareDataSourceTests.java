package io.chom.tenancy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.chom.common.Uuid7;
import io.chom.testing.FlightCounter;
import io.chom.testing.RealServices;
import io.chom.testing.Tenants;
import java.io.IOException;
import java.net.URI;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The second lock and what it costs, on a pool of one connection, so that every test gets a used one. */
class TenantAwareDataSourceTests {
  private static final String COUNT = "select count(*) from membership";
  private static final String HERE = COUNT + " where tenant_id = ?";

  private static FlightCounter flights;
  private static HikariDataSource pool;
  private static TenantAwareDataSource database;
  private static Tenants acme;
  private static Tenants globex;

  @BeforeAll
  static void start() throws IOException {
    var login = RealServices.logins().app();
    var port = URI.create(login.url().substring(5)).getPort();
    flights = new FlightCounter(port);
    pool = new HikariDataSource();
    pool.setJdbcUrl(login.url().replace(":" + port, ":" + flights.port()) + "?sslmode=disable");
    pool.setUsername(login.user());
    pool.setPassword(login.password());
    pool.setMaximumPoolSize(1);
    database = new TenantAwareDataSource(pool);
    acme = Tenants.acme();
    acme.admin();
    acme.viewer();
    globex = Tenants.globex();
    globex.admin();
  }

  @AfterAll
  static void stop() throws IOException {
    pool.close();
    flights.close();
  }

  interface Work<T> {
    T with(Connection connection) throws SQLException;
  }

  private static <T> T inTransaction(TenantId tenant, Work<T> work) throws SQLException {
    return TenantContext.callAs(tenant, () -> {
      try (var connection = database.getConnection()) {
        connection.setAutoCommit(false);
        var result = work.with(connection);
        connection.commit();
        return result;
      }
    });
  }

  private static <T> T alone(TenantId tenant, Work<T> work) throws SQLException {
    return TenantContext.callAs(tenant, () -> {
      try (var connection = database.getConnection()) {
        return work.with(connection);
      }
    });
  }

  private static long count(Connection connection) throws SQLException {
    try (var statement = connection.prepareStatement(COUNT); var rows = statement.executeQuery()) {
      rows.next();
      return rows.getLong(1);
    }
  }

  private static long countPlainly(Connection connection) throws SQLException {
    try (var statement = connection.createStatement(); var rows = statement.executeQuery(COUNT)) {
      rows.next();
      return rows.getLong(1);
    }
  }

  @Test
  void aTenantSeesItsOwnRowsOnly() throws SQLException {
    assertThat(inTransaction(acme.id(), TenantAwareDataSourceTests::count)).isEqualTo(2);
    assertThat(inTransaction(globex.id(), TenantAwareDataSourceTests::count)).isEqualTo(1);
    assertThat(inTransaction(acme.id(), TenantAwareDataSourceTests::countPlainly)).isEqualTo(2);
    assertThat(alone(globex.id(), TenantAwareDataSourceTests::count)).isEqualTo(1);
    assertThat(alone(acme.id(), TenantAwareDataSourceTests::countPlainly)).isEqualTo(2);
  }

  @Test
  void aUsedConnectionWithoutATenantYieldsNoRowAndNoError() throws SQLException {
    assertThat(inTransaction(acme.id(), TenantAwareDataSourceTests::count)).isEqualTo(2);
    try (var connection = database.getConnection()) {
      assertThat(count(connection)).isZero();
      connection.setAutoCommit(false);
      assertThat(count(connection)).isZero();
      connection.rollback();
    }
  }

  @Test
  void afterACommitTheSameConnectionForgetsTheTenant() throws SQLException {
    try (var connection = database.getConnection()) {
      connection.setAutoCommit(false);
      TenantContext.<Long, SQLException>callAs(acme.id(), () -> count(connection));
      connection.commit();
      assertThat(count(connection)).isZero();
      assertThat(TenantContext.<Long, SQLException>callAs(globex.id(), () -> count(connection))).isEqualTo(1);
      connection.rollback();
      assertThat(count(connection)).isZero();
    }
  }

  @Test
  void theTenantTravelsWithTheFirstStatement() throws SQLException {
    inTransaction(acme.id(), TenantAwareDataSourceTests::count);
    flights.taken();
    inTransaction(acme.id(), connection -> count(connection) + count(connection) + countPlainly(connection));
    var told = flights.taken();
    inTransaction(TenantId.NONE, connection -> count(connection) + count(connection) + countPlainly(connection));
    assertThat(told).as("three statements and a commit").isEqualTo(4).isEqualTo(flights.taken());
    alone(acme.id(), TenantAwareDataSourceTests::count);
    assertThat(flights.taken()).as("a statement without a transaction").isEqualTo(1);
  }

  @Test
  void theFirstStatementStaysPreparedForAllTenants() throws SQLException {
    for (var i = 0; i < 12; i++) {
      inTransaction(i % 2 == 0 ? acme.id() : globex.id(), TenantAwareDataSourceTests::count);
    }
    var prepared = inTransaction(acme.id(), connection -> {
      try (var statement = connection.prepareStatement(
          "select count(*) from pg_prepared_statements where statement like '%select count(*) from membership'");
          var rows = statement.executeQuery()) {
        rows.next();
        return rows.getLong(1);
      }
    });
    assertThat(prepared).isEqualTo(1);
  }

  @Test
  void parametersKeepTheirPlaces() throws SQLException {
    assertThat(TenantAwareDataSourceTests.<Long>inTransaction(acme.id(), connection -> {
      try (var statement = connection.prepareStatement(HERE + " and ? = 'x' and user_id is distinct from ?")) {
        statement.setObject(1, acme.id().value());
        statement.setString(2, "x");
        statement.setNull(3, java.sql.Types.OTHER);
        try (var rows = statement.executeQuery()) {
          rows.next();
          return rows.getLong(1);
        }
      }
    })).isEqualTo(2);
  }

  @Test
  void updatesSayHowManyRowsTheyChanged() throws SQLException {
    Work<Integer> prepared = connection -> {
      try (var statement = connection.prepareStatement("update membership set role = role where tenant_id = ?")) {
        statement.setObject(1, acme.id().value());
        return statement.executeUpdate();
      }
    };
    Work<Integer> plain = connection -> {
      try (var statement = connection.createStatement()) {
        return statement.executeUpdate("update membership set role = role");
      }
    };
    assertThat(inTransaction(acme.id(), prepared)).isEqualTo(2);
    assertThat(alone(acme.id(), prepared)).isEqualTo(2);
    assertThat(inTransaction(globex.id(), prepared)).isZero();
    assertThat(inTransaction(acme.id(), plain)).isEqualTo(2);
    assertThat(alone(globex.id(), plain)).isEqualTo(1);
  }

  @Test
  void batchesAreToldInARoundTripOfTheirOwn() throws SQLException {
    Work<int[]> batch = connection -> {
      try (var statement = connection.prepareStatement("update membership set role = role where tenant_id = ?")) {
        statement.setObject(1, acme.id().value());
        statement.addBatch();
        statement.setObject(1, globex.id().value());
        statement.addBatch();
        return statement.executeBatch();
      }
    };
    assertThat(inTransaction(acme.id(), batch)).containsExactly(2, 0);
    assertThat(alone(acme.id(), batch)).containsExactly(2, 0);
    assertThat(TenantAwareDataSourceTests.<int[]>inTransaction(acme.id(), connection -> {
      try (var statement = connection.createStatement()) {
        statement.addBatch("update membership set role = role");
        return statement.executeBatch();
      }
    })).containsExactly(2);
  }

  @Test
  void cursorsReadAllRowsOfTheTenant() throws SQLException {
    assertThat(TenantAwareDataSourceTests.<Integer>inTransaction(acme.id(), connection -> {
      try (var statement = connection.prepareStatement("select user_id from membership where tenant_id = ?")) {
        statement.setObject(1, acme.id().value());
        statement.setFetchSize(1);
        try (var rows = statement.executeQuery()) {
          var read = 0;
          while (rows.next()) {
            read++;
          }
          return read;
        }
      }
    })).isEqualTo(2);
  }

  @Test
  void generatedKeysAreThoseOfTheStatement() throws SQLException {
    assertThat(TenantAwareDataSourceTests.<Object>inTransaction(acme.id(), connection -> {
      try (var statement = connection.prepareStatement(
          "insert into api_token (tenant_id, user_id, name, token_hash) select ?, user_id, 'ci', ? from membership limit 1",
          Statement.RETURN_GENERATED_KEYS)) {
        statement.setObject(1, acme.id().value());
        statement.setString(2, Uuid7.next().toString());
        statement.executeUpdate();
        try (var keys = statement.getGeneratedKeys()) {
          keys.next();
          return keys.getObject("name");
        }
      }
    })).isEqualTo("ci");
  }

  @Test
  void aStatementKeptAcrossTransactionsIsToldAgain() throws SQLException {
    TenantContext.<Void, SQLException>callAs(acme.id(), () -> {
      try (var connection = database.getConnection()) {
        connection.setAutoCommit(false);
        count(connection);
        try (PreparedStatement kept = connection.prepareStatement(COUNT)) {
          connection.commit();
          try (var rows = kept.executeQuery()) {
            rows.next();
            assertThat(rows.getLong(1)).isEqualTo(2);
          }
        }
        connection.commit();
      }
      return null;
    });
  }

  @Test
  void aSavepointRolledBackTakesTheTenantWithItAndGetsItBack() throws SQLException {
    assertThat(TenantAwareDataSourceTests.<Long>inTransaction(acme.id(), connection -> {
      var before = connection.setSavepoint();
      count(connection);
      connection.rollback(before);
      return count(connection);
    })).isEqualTo(2);
  }

  @Test
  void aTransactionBelongsToOneTenant() throws SQLException {
    TenantContext.<Void, SQLException>callAs(acme.id(), () -> {
      try (var connection = database.getConnection()) {
        connection.setAutoCommit(false);
        count(connection);
        assertThatThrownBy(() -> TenantContext.<Long, SQLException>callAs(globex.id(), () -> count(connection)))
            .isInstanceOf(TenantChangedInTransaction.class);
        connection.rollback();
      }
      return null;
    });
  }

  @Test
  void rowsOfAnotherTenantCannotBeWritten() {
    var initech = Tenants.named("Initech", "starter");
    var person = initech.viewer();
    assertThatThrownBy(() -> inTransaction(acme.id(), connection -> {
      try (var statement = connection
          .prepareStatement("insert into membership (tenant_id, user_id, role) values (?, ?, 'ADMIN')")) {
        statement.setObject(1, initech.id().value());
        statement.setObject(2, person.id().value());
        return statement.executeUpdate();
      }
    })).hasMessageContaining("row-level security");
  }

  @Test
  void aNewThreadStartsWithNobody() throws InterruptedException {
    var seen = new java.util.concurrent.atomic.AtomicReference<TenantId>();
    TenantContext.runAs(acme.id(), () -> {
      try {
        Thread.ofVirtual().start(() -> seen.set(TenantContext.current())).join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    });
    assertThat(seen).hasValue(TenantId.NONE);
  }
}
