package io.chom.recovery;

import io.chom.recovery.RecoveryRefused.Reason;
import java.io.IOException;
import java.io.OutputStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.postgresql.PGConnection;

/**
 * Reads a whole database as it was at one moment, while others go on writing: one transaction that sees one state, with no
 * lock but the one every reader takes.
 */
final class DatabaseCopy implements AutoCloseable {
  /** Left to Flyway, which makes it anew. */
  static final String HISTORY = "flyway_schema_history";
  private static final String TABLES = """
      select c.relname, array_agg(a.attname order by a.attnum) as columns
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        and a.attgenerated = ''
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> ?
      group by c.relname order by c.relname
      """;
  /** Row level security would leave rows out without a word: it must be known not to. */
  private static final String HIDDEN = """
      select c.relname from pg_class c
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and row_security_active(c.oid)
        and not exists (select from pg_policies p where p.schemaname = 'public' and p.tablename = c.relname
          and p.policyname = 'whole_copy' and current_user = 'chom_owner' and session_user = 'chom_owner')
      """;

  private final Connection connection;
  private final About about;

  private DatabaseCopy(Connection connection, About about) {
    this.connection = connection;
    this.about = about;
  }

  /** Takes over the connection. */
  static DatabaseCopy begin(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
    connection.setReadOnly(true);
    Sql.run(connection, "set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0;"
        + " set local lock_timeout = '10s'; set local timezone = 'UTC'");
    var hidden = Sql.list(connection, HIDDEN, row -> row.getString(1));
    if (!hidden.isEmpty()) {
      throw new RecoveryRefused(Reason.DATABASE, "This login does not see every row of " + String.join(", ", hidden)
          + ": the copy would lack them. Use the role chom_owner in CHOM_DATABASE_MIGRATION_URL, and start this"
          + " version of the panel once before");
    }
    var schema = Sql.list(connection,
        "select version, checksum from " + HISTORY + " where version is not null and success order by installed_rank",
        row -> new About.Migration(row.getString(1), row.getObject(2, Integer.class)));
    var tables = Sql.list(connection, TABLES,
        row -> new About.Table(row.getString(1), List.of((String[]) row.getArray(2).getArray())), HISTORY);
    // all at once: a change of the schema that waited between two of them would make them disagree
    Sql.run(connection, "lock table " + tables.stream().map(table -> "public." + Sql.quoted(table.name()))
        .collect(Collectors.joining(", ")) + " in access share mode");
    return new DatabaseCopy(connection, new About(schema, tables));
  }

  About about() {
    return about;
  }

  /** Writes a table's rows as PostgreSQL writes them, and answers how many there are. */
  long rows(About.Table table, OutputStream out) throws SQLException, IOException {
    var copy = connection.unwrap(PGConnection.class).getCopyAPI()
        .copyOut("copy " + place(table) + " to stdout (format text, encoding 'UTF8')");
    long rows = 0;
    try {
      for (byte[] row = copy.readFromCopy(); row != null; row = copy.readFromCopy()) {
        out.write(row);
        rows++;
      }
    } finally {
      if (copy.isActive()) {
        copy.cancelCopy();
      }
    }
    return rows;
  }

  /** Last of all: what they have given away by now is more than any row of this state can hold. */
  List<About.Sequence> sequences() throws SQLException {
    var names = Sql.list(connection, "select relname from pg_class where relnamespace = 'public'::regnamespace"
        + " and relkind = 'S' order by relname", row -> row.getString(1));
    var all = new ArrayList<About.Sequence>();
    for (var name : names) {
      all.add(Sql.one(connection, "select last_value, is_called from public." + Sql.quoted(name),
          row -> new About.Sequence(name, row.getLong(1), row.getBoolean(2))));
    }
    return all;
  }

  String postgresql() throws SQLException {
    return Sql.one(connection, "select current_setting('server_version')", row -> row.getString(1));
  }

  /** A table with the columns that are copied, for COPY. */
  static String place(About.Table table) {
    return "public." + Sql.quoted(table.name()) + table.columns().stream().map(Sql::quoted)
        .collect(Collectors.joining(", ", " (", ")"));
  }

  @Override
  public void close() throws SQLException {
    if (!connection.isClosed()) {
      connection.rollback();
    }
  }
}
