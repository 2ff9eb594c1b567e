package io.chom.web.sites;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A site's databases.
 *
 * @param here its own address, to be read again
 * @param turns the events upon which the list is another one; empty where there is nothing to wait for
 * @param createHref where to make one more; null where that cannot be
 * @param name what was typed before the form came back
 * @param requestKey made with the form, so that a double click makes one database
 * @param shown a password, for the only time
 */
public record DatabaseCard(String site, String here, List<DatabaseRow> rows, String turns, @Nullable String createHref,
    String user, String name, String requestKey, List<String> faults, @Nullable Shown shown) {

  /** What an application needs to log in. */
  public record Shown(String database, String host, String password) {}
}
