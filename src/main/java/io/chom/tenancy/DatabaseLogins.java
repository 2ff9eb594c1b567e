package io.chom.tenancy;

/**
 * The three ways into the database.
 *
 * @param app sees one tenant at a time; what the panel works with
 * @param migration owns the tables, and only migrates
 * @param jobs sees everyone's queue and nothing else; only for the room {@code jobs}
 */
public record DatabaseLogins(DatabaseLogin app, DatabaseLogin migration, DatabaseLogin jobs) {}
