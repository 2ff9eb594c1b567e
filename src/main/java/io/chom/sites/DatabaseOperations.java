package io.chom.sites;

import io.chom.operations.Lane;
import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.OperationType;
import io.chom.operations.Subject;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The operations on databases, and what each carries to its handler: never a password. Their subject is the site, so
 * that they wait for its other changes and appear among them.
 */
final class DatabaseOperations {
  /** Makes a database, or sets its password anew. */
  static final OperationType CREATE = new OperationType("database.create");
  static final OperationType DROP = new OperationType("database.drop");
  /** In a payload, for the panel alone: which database it is. */
  static final String DATABASE = "database";

  private DatabaseOperations() {}

  static NewOperation create(Site site, DatabaseId id, String name, @Nullable String idempotencyKey) {
    return new NewOperation(CREATE, subject(site), site.server(), Lane.INTERACTIVE,
        Map.of("user", site.unixUser(), "name", name, DATABASE, id.toString()), idempotencyKey);
  }

  static NewOperation drop(Site site, DatabaseView database, boolean purge) {
    return NewOperation.interactive(DROP, subject(site), site.server(), Map.of("user", site.unixUser(), "name",
        database.name(), "purge", purge, DATABASE, database.id().toString(), SiteOperations.WAS, database.status()));
  }

  static DatabaseId database(Operation operation) {
    return new DatabaseId(UUID.fromString(operation.payload().path(DATABASE).asString()));
  }

  static DatabaseStatus was(Operation operation) {
    return DatabaseStatus.valueOf(operation.payload().path(SiteOperations.WAS).asString());
  }

  private static Subject subject(Site site) {
    return new Subject("site", site.id(), site.domain());
  }
}
