package io.chom.sites;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A database as its tenant sees it.
 *
 * @param name what it is called on this site
 * @param database its whole name in MariaDB, and that of its login
 * @param failure a sentence, where its status is FAILED
 * @param passwordFor who may see its password once; null when nobody can any more
 */
public record DatabaseView(DatabaseId id, SiteId site, String name, String database, DatabaseStatus status,
    @Nullable String failure, @Nullable UUID passwordFor, Instant createdAt) {
  /** Logins are good on the server itself only. */
  public static final String HOST = "localhost";
}
