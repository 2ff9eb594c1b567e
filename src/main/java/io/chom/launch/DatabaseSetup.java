package io.chom.launch;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.TreeMap;

/** Makes the database and the three roles the panel works with, and answers the addresses to reach them. */
final class DatabaseSetup {
  private static final Map<String, String> ROLES = Map.of("chom_owner", "CHOM_DATABASE_MIGRATION_URL", "chom_app",
      "CHOM_DATABASE_URL", "chom_jobs", "CHOM_DATABASE_JOBS_URL");

  private DatabaseSetup() {}

  static Map<String, String> prepare(String administratorUrl, DataDirectory data) {
    var urls = new TreeMap<String, String>();
    String server = administratorUrl.substring(0, administratorUrl.lastIndexOf('/') + 1);
    try (Connection connection = DriverManager.getConnection(administratorUrl)) {
      for (var role : ROLES.entrySet()) {
        String password = data.password(role.getKey() + ".password");
        if (none(connection, "select from pg_roles where rolname = '" + role.getKey() + "'")) {
          run(connection, "create role " + role.getKey() + " login");
        }
        run(connection, "alter role " + role.getKey() + " password '" + password + "'");
        urls.put(role.getValue(), server + "chom?user=" + role.getKey() + "&password=" + password);
      }
      if (none(connection, "select from pg_database where datname = 'chom'")) {
        run(connection, "create database chom owner chom_owner");
      }
      return urls;
    } catch (SQLException e) {
      throw new StartRefused("CHOM could not make its database roles (" + e.getMessage()
          + "): see whether the administrator may create roles and databases", e);
    }
  }

  private static boolean none(Connection connection, String query) throws SQLException {
    try (var statement = connection.createStatement(); var rows = statement.executeQuery(query)) {
      return !rows.next();
    }
  }

  private static void run(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
