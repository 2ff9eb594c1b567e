package io.chom.recovery;

import io.chom.recovery.RecoveryRefused.Reason;
import io.chom.tenancy.DatabaseLogin;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.jspecify.annotations.Nullable;

/** Brings an empty database to exactly the schema that a copy was made of, and later to this CHOM's own. */
final class Schema {
  private final DatabaseLogin owner;

  Schema(DatabaseLogin owner) {
    this.owner = owner;
  }

  /** Whether this CHOM can make it: it must know each of its migrations, unchanged, and have none in between. */
  void refuseUnknown(List<About.Migration> wanted) {
    var known = known();
    for (var migration : wanted) {
      if (!known.containsKey(migration.version())) {
        throw new RecoveryRefused(Reason.SCHEMA_UNKNOWN, "The backup is of the schema " + wanted.getLast().version()
            + ", of which this CHOM does not know the change " + migration.version()
            + ": use the version that made the backup, or a newer one");
      }
      if (!Objects.equals(known.get(migration.version()), migration.checksum())) {
        throw new RecoveryRefused(Reason.SCHEMA_UNKNOWN, "The backup's schema was made by another change "
            + migration.version() + " than this CHOM's: use the version that made the backup");
      }
    }
    var newest = org.flywaydb.core.api.MigrationVersion.fromVersion(wanted.getLast().version());
    var lacking = known.keySet().stream()
        .filter(version -> org.flywaydb.core.api.MigrationVersion.fromVersion(version).compareTo(newest) < 0)
        .filter(version -> wanted.stream().noneMatch(migration -> migration.version().equals(version))).toList();
    if (!lacking.isEmpty()) {
      throw new RecoveryRefused(Reason.SCHEMA_UNKNOWN, "The backup's schema lacks the change "
          + String.join(", ", lacking) + ", which this CHOM makes before its newest: use the version that made it");
    }
  }

  private Map<String, @Nullable Integer> known() {
    var known = new HashMap<String, @Nullable Integer>();
    for (var migration : flyway().load().info().all()) {
      if (migration.getVersion() != null && migration.getState().isResolved()) {
        known.put(migration.getVersion().getVersion(), migration.getChecksum());
      }
    }
    return known;
  }

  /** Only the tables: what runs again with each change speaks of tables that may not be there yet. */
  void migrateTo(String version) {
    migrate(flyway().target(version).repeatableSqlMigrationPrefix("NOT-YET").skipDefaultCallbacks(true));
  }

  void migrate() {
    migrate(flyway());
  }

  private static void migrate(FluentConfiguration flyway) {
    try {
      flyway.load().migrate();
    } catch (FlywayException e) {
      throw new RecoveryRefused(Reason.DATABASE, "The schema cannot be made: " + e.getMessage(), e);
    }
  }

  private FluentConfiguration flyway() {
    return Flyway.configure().dataSource(owner.url(), owner.user(), owner.password())
        .locations("classpath:db/migration");
  }
}
