package io.chom.sites;

import io.chom.common.ChomException;

/** No such database, or not this tenant's or this site's: these cannot be told apart. */
public class DatabaseNotFound extends ChomException {
  public DatabaseNotFound(DatabaseId database) {
    super("No database " + database, null);
  }

  @Override
  public String code() {
    return "DATABASE_NOT_FOUND";
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
