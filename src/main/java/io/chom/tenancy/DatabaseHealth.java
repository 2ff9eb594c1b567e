package io.chom.tenancy;

import java.sql.SQLException;
import javax.sql.DataSource;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;
import org.springframework.stereotype.Component;

/** PostgreSQL as pages find it; the library's own look would also open a connection of the migration's each time. */
@Component("dbHealthIndicator")
class DatabaseHealth extends AbstractHealthIndicator {
  private static final int PATIENCE_SECONDS = 2;

  private final DataSource database;

  DatabaseHealth(DataSource database) {
    super("PostgreSQL is away");
    this.database = database;
  }

  @Override
  protected void doHealthCheck(Health.Builder builder) throws SQLException {
    try (var connection = database.getConnection()) {
      builder.status(connection.isValid(PATIENCE_SECONDS)
          ? Status.UP
          : Status.DOWN);
    }
  }
}
