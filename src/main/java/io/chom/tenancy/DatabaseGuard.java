package io.chom.tenancy;

import java.sql.SQLException;

/** Refuses a login that row level security would not hold, and a database that is being restored. */
public final class DatabaseGuard {
  /** A schema that is there while a restore fills the database, and after one that was killed. */
  public static final String HALF_RESTORED = "chom_restore";
  private static final String QUESTION = """
      select case
        when r.rolsuper then 'is a superuser'
        when r.rolbypassrls then 'has BYPASSRLS'
        when exists (select from pg_class c where c.relowner = r.oid and c.relnamespace = 'public'::regnamespace)
          or exists (select from pg_database d where d.datname = current_database() and d.datdba = r.oid)
          then 'owns the database or a table in it'
        when exists (select from pg_roles o where o.rolname <> r.rolname and pg_has_role(r.oid, o.oid, 'set')
            and (o.rolsuper or o.rolbypassrls or o.rolname = 'chom_owner'))
          then 'may become a role that can'
      end
      from pg_roles r where r.rolname = current_user
      """;

  private DatabaseGuard() {}

  /** Answers the login when its database is whole. */
  static DatabaseLogin whole(DatabaseLogin login) {
    try (var connection = login.connect();
        var statement = connection.createStatement();
        var rows = statement.executeQuery("select from pg_namespace where nspname = '" + HALF_RESTORED + "'")) {
      if (rows.next()) {
        throw new BadDatabaseSetting("This database is being restored, or a restore did not end: let it end, or give"
            + " restore-panel again with the same backup. No panel may start on half of one.", null);
      }
      return login;
    } catch (SQLException e) {
      throw cannotSignIn(login, e);
    }
  }

  /** Answers the login when it is safe to work with. */
  static DatabaseLogin checked(DatabaseLogin login, String role) {
    try (var connection = login.connect();
        var statement = connection.createStatement();
        var rows = statement.executeQuery(QUESTION)) {
      var fault = rows.next() ? rows.getString(1) : null;
      if (fault != null) {
        throw new BadDatabaseSetting(login.setting() + " signs in as \"" + login.user() + "\", who " + fault
            + ": tenants would not be kept apart. Use the role " + role + " there; the owner's login belongs in"
            + " CHOM_DATABASE_MIGRATION_URL, an administrator's in CHOM_DATABASE_ADMIN_URL.", null);
      }
      return login;
    } catch (SQLException e) {
      throw cannotSignIn(login, e);
    }
  }

  private static BadDatabaseSetting cannotSignIn(DatabaseLogin login, SQLException e) {
    return new BadDatabaseSetting("Cannot sign in to " + login + ": " + e.getMessage()
        + ". Check that PostgreSQL runs there and that " + login.setting() + " has the right user and password.", e);
  }
}
