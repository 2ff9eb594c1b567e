package io.chom.tenancy;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.jspecify.annotations.Nullable;

/**
 * Tells a database that is away from a fault of ours: what failed because of the first works again later, unchanged.
 *
 * @see <a href="https://www.postgresql.org/docs/current/errcodes-appendix.html">PostgreSQL Error Codes</a>, classes 08
 *     (connection exception) and 57P (operator intervention: shutdown, crash, starting up)
 */
public final class DatabaseOutage {
  private static final int DEEPEST = 20;

  private DatabaseOutage() {}

  /** Whether this error comes from a database that cannot be reached, or went away in the middle. */
  public static boolean caused(@Nullable Throwable error) {
    var cause = error;
    for (int depth = 0; cause != null && depth < DEEPEST; depth++) {
      if (cause instanceof SQLException sql && isConnection(sql)) {
        return true;
      }
      cause = cause.getCause();
    }
    return false;
  }

  private static boolean isConnection(SQLException e) {
    var state = e.getSQLState();
    return e instanceof SQLTransientConnectionException
        || state != null && (state.startsWith("08") || state.startsWith("57P"));
  }
}
