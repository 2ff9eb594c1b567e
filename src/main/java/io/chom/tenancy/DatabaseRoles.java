package io.chom.tenancy;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.function.UnaryOperator;
import org.postgresql.PGConnection;

/**
 * Makes the database and its three roles from an administrator's login: {@code chom_owner} migrates, {@code chom_app}
 * works, {@code chom_jobs} sees the queue. Asking again changes nothing but the passwords, which are made as given.
 */
public final class DatabaseRoles {
  public static final String OWNER = "chom_owner";
  public static final String APP = "chom_app";
  public static final String JOBS = "chom_jobs";
  /** Two panels that start together do it one after the other. */
  private static final long LOCK = 0x43484f4dL;

  private DatabaseRoles() {}

  /**
   * @param administrator may create roles and databases; names the wanted database or another one on the same server
   * @param database what CHOM's database is called
   * @param password the password of each role, by its name
   */
  public static DatabaseLogins create(DatabaseLogin administrator, String database, UnaryOperator<String> password) {
    try (var connection = connect(administrator)) {
      run(connection, "select pg_advisory_lock(" + LOCK + ")");
      for (var role : List.of(OWNER, APP, JOBS)) {
        createRole(connection, role);
        connection.unwrap(PGConnection.class).alterUserPassword(role, password.apply(role).toCharArray(),
            "scram-sha-256");
      }
      createDatabase(connection, database);
    } catch (SQLException e) {
      throw new BadDatabaseSetting(administrator.setting() + " cannot prepare the database: " + e.getMessage()
          + ". Give a login that may create roles and databases, or create them yourself (docs/tenancy.md) and set"
          + " CHOM_DATABASE_URL, CHOM_DATABASE_MIGRATION_URL and CHOM_DATABASE_JOBS_URL.", e);
    }
    return logins(administrator, database, password);
  }

  /** The database that an administrator's login means: his own one is not the panel's. */
  public static String databaseOf(DatabaseLogin administrator) {
    return administrator.database().equals("postgres") ? "chom" : administrator.database();
  }

  /** The logins as {@link #create} makes them, without making anything. */
  public static DatabaseLogins logins(DatabaseLogin administrator, String database, UnaryOperator<String> password) {
    var there = administrator.inDatabase(database);
    return new DatabaseLogins(there.as(APP, password.apply(APP)), there.as(OWNER, password.apply(OWNER)),
        there.as(JOBS, password.apply(JOBS)));
  }

  private static Connection connect(DatabaseLogin administrator) throws SQLException {
    try {
      return administrator.connect();
    } catch (SQLException e) {
      if (!"3D000".equals(e.getSQLState())) {
        throw e;
      }
      return administrator.inDatabase("postgres").connect(); // the wanted database does not exist yet
    }
  }

  private static void createRole(Connection connection, String role) throws SQLException {
    if (answers(connection, "select from pg_roles where rolname = ?", role)) {
      run(connection, "alter role " + role + " login");
    } else {
      run(connection, "create role " + role + " login nosuperuser nocreatedb nocreaterole nobypassrls noinherit");
    }
  }

  private static void createDatabase(Connection connection, String database) throws SQLException {
    var name = quoted(connection, database);
    if (!answers(connection, "select from pg_roles where rolname = current_user and rolsuper and ? <> ''", database)) {
      run(connection, "grant " + OWNER + " to current_user"); // a managed database's administrator is no superuser
    }
    if (!answers(connection, "select from pg_database where datname = ?", database)) {
      run(connection, "create database " + name + " owner " + OWNER);
    } else if (!answers(connection,
        "select from pg_database where datname = ? and pg_get_userbyid(datdba) = '" + OWNER + "'", database)) {
      run(connection, "alter database " + name + " owner to " + OWNER);
    }
    run(connection, "revoke all on database " + name + " from public");
    run(connection, "grant connect on database " + name + " to " + OWNER + ", " + APP + ", " + JOBS);
  }

  private static String quoted(Connection connection, String name) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement("select quote_ident(?)")) {
      statement.setString(1, name);
      try (var rows = statement.executeQuery()) {
        rows.next();
        return rows.getString(1);
      }
    }
  }

  private static boolean answers(Connection connection, String sql, String parameter) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, parameter);
      try (var rows = statement.executeQuery()) {
        return rows.next();
      }
    }
  }

  private static void run(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
