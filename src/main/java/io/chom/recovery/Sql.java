package io.chom.recovery;

import io.chom.tenancy.DatabaseLogin;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/** Short words for plain JDBC: nothing of Spring is there when the command line works. */
final class Sql {
  private static final String LOCK_NOT_AVAILABLE = "55P03";

  private Sql() {}

  /** Reads one row. */
  interface Read<T> {
    T of(ResultSet row) throws SQLException;
  }

  /** A connection of its own that a firewall does not forget while a long copy keeps it silent. */
  static Connection connect(DatabaseLogin login) throws SQLException {
    var how = new Properties();
    how.setProperty("user", login.user());
    how.setProperty("password", login.password());
    how.setProperty("connectTimeout", "10");
    how.setProperty("loginTimeout", "20");
    how.setProperty("tcpKeepAlive", "true");
    how.setProperty("ApplicationName", "chom-recovery");
    return DriverManager.getConnection(login.url(), how);
  }

  static void run(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  static <T> List<T> list(Connection connection, String sql, Read<T> read, Object... values) throws SQLException {
    try (var statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      try (var rows = statement.executeQuery()) {
        var all = new ArrayList<T>();
        while (rows.next()) {
          all.add(read.of(rows));
        }
        return all;
      }
    }
  }

  static <T> T one(Connection connection, String sql, Read<T> read, Object... values) throws SQLException {
    return list(connection, sql, read, values).getFirst();
  }

  static boolean is(Connection connection, String sql, Object... values) throws SQLException {
    return one(connection, sql, row -> row.getBoolean(1), values);
  }

  static int update(Connection connection, String sql, Object... values) throws SQLException {
    try (var statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      statement.execute();
      return statement.getUpdateCount();
    }
  }

  /**
   * Takes a lock that this session alone holds until it ends. Waits a moment: the server sees the end of a session a
   * little later than whoever ended it.
   *
   * @return whether it was free
   */
  static boolean lock(Connection connection, long lock) throws SQLException {
    run(connection, "set lock_timeout = '2s'");
    try {
      list(connection, "select pg_advisory_lock(?)", row -> true, lock);
      return true;
    } catch (SQLException e) {
      if (LOCK_NOT_AVAILABLE.equals(e.getSQLState())) {
        return false;
      }
      throw e;
    } finally {
      run(connection, "reset lock_timeout");
    }
  }

  static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }
}
