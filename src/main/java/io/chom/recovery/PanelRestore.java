package io.chom.recovery;

import io.chom.recovery.RecoveryRefused.Reason;
import io.chom.tenancy.DatabaseGuard;
import io.chom.tenancy.DatabaseLogin;
import io.chom.tenancy.DatabaseLogins;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.postgresql.PGConnection;

/**
 * Brings a panel's database back from a copy. Until the very end a mark stands in the database, at which no panel starts;
 * asked again after it was killed, it begins anew. Where it fails, what was there before is there again.
 */
public final class PanelRestore {
  private static final long LOCK = 0x43484f4d_5253L;
  private static final String MARK = DatabaseGuard.HALF_RESTORED;
  /** What was in the place of the restored panel, until that is whole. */
  private static final String BEFORE = "chom_before_restore";
  private static final String ANYTHING = """
      select exists (select from pg_class c where c.relnamespace = 'public'::regnamespace
        and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
        and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e'))
      """;

  private final Path file;
  private final Opener opener;
  private final DatabaseLogins logins;
  private final List<String> leftOut = new ArrayList<>();

  public PanelRestore(Path file, String passphrase, DatabaseLogins logins) {
    this.file = file;
    this.opener = new Opener(passphrase);
    this.logins = logins;
  }

  /** Whether there is a panel's or anything else in a database; a restore that did not end is nothing. */
  public static boolean isEmpty(DatabaseLogin login) {
    try (var connection = Sql.connect(login)) {
      return isEmpty(connection);
    } catch (SQLException e) {
      if ("3D000".equals(e.getSQLState())) {
        return true;
      }
      throw new RecoveryRefused(Reason.DATABASE, "The database does not answer: " + e.getMessage(), e);
    }
  }

  private static boolean isEmpty(Connection connection) throws SQLException {
    return there(connection, MARK) || !there(connection, "public") || !Sql.is(connection, ANYTHING);
  }

  /** Reads the whole file first, then restores. */
  public List<String> restore(boolean replace, Runnable almostDone) {
    return restore(BackupFile.check(file, opener), replace, almostDone);
  }

  /**
   * Restores.
   *
   * @param contents what was found in the file when it was read to its end: it must be the same again
   * @param replace whether what is there now may go
   * @param almostDone what else belongs to the panel is put in its place; the database ends with it or without it
   * @return the tables of the copy that are none of CHOM's, and were left out
   */
  public List<String> restore(BackupFile.Contents contents, boolean replace, Runnable almostDone) {
    try (var owner = Sql.connect(logins.migration())) {
      if (!Sql.lock(owner, LOCK)) {
        throw new RecoveryRefused(Reason.IN_USE, "Another restore into this database is at work: let it end");
      }
      refuseInUse(owner);
      if (!replace && !isEmpty(owner)) {
        throw new RecoveryRefused(Reason.NOT_EMPTY, "There is something in the database already: name an empty one,"
            + " or say --replace");
      }
      new Schema(logins.migration()).refuseUnknown(contents.about().schema());
      begin(owner);
      try {
        fill(owner, contents);
        almostDone.run();
        end(owner, contents);
      } catch (SQLException | RuntimeException e) {
        undo(owner, e);
        throw e;
      }
      forgetBefore(owner);
      return List.copyOf(leftOut);
    } catch (SQLException e) {
      throw new RecoveryRefused(Reason.DATABASE, "The restore failed: " + e.getMessage(), e);
    }
  }

  private void refuseInUse(Connection owner) throws SQLException {
    long panels = Sql.one(owner, "select count(*) from pg_stat_activity where datname = current_database()"
        + " and usename in (?, ?)", row -> row.getLong(1), logins.app().user(), logins.jobs().user());
    if (panels > 0) {
      throw new RecoveryRefused(Reason.IN_USE, "A panel works with this database (" + panels
          + " connections): stop every node of it first");
    }
  }

  private static void begin(Connection owner) throws SQLException {
    inOne(owner, () -> {
      if (there(owner, MARK)) {
        // what an earlier restore had made when it was killed
        Sql.run(owner, "drop schema if exists public cascade");
      } else {
        Sql.run(owner, "create schema " + MARK);
        if (there(owner, "public")) {
          Sql.run(owner, "alter schema public rename to " + BEFORE);
        }
      }
      Sql.run(owner, "create schema public; grant usage on schema public to public");
    });
  }

  private void fill(Connection owner, BackupFile.Contents contents) throws SQLException {
    var schema = new Schema(logins.migration());
    schema.migrateTo(contents.about().newest());
    inOne(owner, () -> copyIn(owner, contents));
    schema.migrate();
  }

  private void copyIn(Connection owner, BackupFile.Contents contents) throws SQLException {
    var tables = tables(owner);
    liftLocks(owner, tables);
    // references are made again, and so looked at, once all rows are there, in whatever order they came
    var references = Sql.list(owner, """
        select conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) from pg_constraint
        where contype = 'f' and connamespace = 'public'::regnamespace and conparentid = 0 order by conname
        """, row -> List.of(row.getString(1), row.getString(2), row.getString(3)));
    for (var reference : references) {
      Sql.run(owner, "alter table " + reference.get(0) + " drop constraint " + reference.get(1));
    }
    Sql.run(owner, "truncate " + tables.stream().map(Sql::quoted).collect(Collectors.joining(", ")));
    leftOut.clear();
    var again = BackupFile.read(file, opener, (table, rows) -> {
      if (tables.contains(table.name())) {
        copyIn(owner, table, rows, contents.rows().getOrDefault(table.name(), 0L));
      } else {
        leftOut.add(table.name());
      }
    });
    if (!again.equals(contents)) {
      throw new RecoveryRefused(Reason.FILE, file + " was exchanged while it was read");
    }
    for (var reference : references) {
      Sql.run(owner,
          "alter table " + reference.get(0) + " add constraint " + reference.get(1) + " " + reference.get(2));
    }
    for (var sequence : contents.end().sequences()) {
      Sql.update(owner, "select setval(c.oid::regclass, ?, ?) from pg_class c where c.relname = ? and c.relkind = 'S'"
          + " and c.relnamespace = 'public'::regnamespace", sequence.last(), sequence.called(), sequence.name());
    }
  }

  private static void copyIn(Connection owner, About.Table table, InputStream rows, long wanted)
      throws SQLException, IOException {
    long copied = owner.unwrap(PGConnection.class).getCopyAPI()
        .copyIn("copy " + DatabaseCopy.place(table) + " from stdin (format text, encoding 'UTF8')", rows);
    if (copied != wanted) {
      throw new RecoveryRefused(Reason.DATABASE, "Of " + table.name() + " " + copied + " rows arrived instead of "
          + wanted);
    }
  }

  private static List<String> tables(Connection owner) throws SQLException {
    return Sql.list(owner, "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
        + " and relname <> ?", row -> row.getString(1), DatabaseCopy.HISTORY);
  }

  /** COPY cannot write through row level security, which holds the owner too. It is forced again before the end. */
  private static void liftLocks(Connection owner, List<String> tables) throws SQLException {
    for (var table : tables) {
      Sql.run(owner, "alter table public." + Sql.quoted(table) + " no force row level security");
    }
  }

  private static void end(Connection owner, BackupFile.Contents contents) throws SQLException {
    inOne(owner, () -> {
      liftLocks(owner, Sql.list(owner, "select name from tenant_tables()", row -> row.getString(1)));
      Aftermath.settle(owner, contents.header().made());
      Sql.run(owner, "select protect_tenant_tables()");
      Sql.run(owner, "drop schema " + MARK);
    });
  }

  /** As it was before; where even that fails, the mark stays and the restore can be asked for again. */
  private static void undo(Connection owner, Exception why) {
    try {
      inOne(owner, () -> {
        Sql.run(owner, "drop schema if exists public cascade");
        if (there(owner, BEFORE)) {
          Sql.run(owner, "alter schema " + BEFORE + " rename to public");
        } else {
          Sql.run(owner, "create schema public; grant usage on schema public to public");
        }
        Sql.run(owner, "drop schema " + MARK);
      });
    } catch (SQLException e) {
      why.addSuppressed(e);
    }
  }

  /** The panel is whole; what was there before goes now, or stays beside it until somebody drops it. */
  private void forgetBefore(Connection owner) {
    try {
      Sql.run(owner, "drop schema if exists " + BEFORE + " cascade");
    } catch (SQLException e) {
      leftOut.add("the schema " + BEFORE + ", which cannot be dropped: " + e.getMessage());
    }
  }

  private static boolean there(Connection connection, String schema) throws SQLException {
    return Sql.is(connection, "select exists (select from pg_namespace where nspname = ?)", schema);
  }

  /** Work on the database that may fail. */
  private interface Work {
    void run() throws SQLException;
  }

  private static void inOne(Connection owner, Work work) throws SQLException {
    owner.setAutoCommit(false);
    try {
      work.run();
      owner.commit();
    } catch (SQLException | RuntimeException e) {
      owner.rollback();
      throw e;
    } finally {
      owner.setAutoCommit(true);
    }
  }
}
