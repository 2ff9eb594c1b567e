package io.chom.tenancy;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tells a database that is away, full or too busy from a fault of ours: what failed because of the first works again
 * later, unchanged.
 *
 * @see <a href="https://www.postgresql.org/docs/current/errcodes-appendix.html">PostgreSQL Error Codes</a>
 */
public final class DatabaseOutage {
  private static final int DEEPEST = 20;
  /**
   * Connection exceptions; insufficient resources, a full disk among them; operator intervention: shutdown, crash,
   * starting up, or a statement that took too long; errors of its disk; a lock or a transaction that was held too long;
   * a server that only reads for now.
   */
  private static final List<String> STATES = List.of("08", "53", "57", "58", "55P03", "25P03", "25P04", "25006");

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
    return e instanceof SQLTransientConnectionException || state != null && STATES.stream().anyMatch(state::startsWith);
  }
}
