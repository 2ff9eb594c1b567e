package io.chom.servers;

import org.jspecify.annotations.Nullable;

/**
 * One thing that is not on a server as the panel's tables say.
 *
 * @param name what it is about, such as a site's domain
 * @param expected what the panel knows; null where it knows nothing of it
 * @param found what the server says; null where there is nothing
 */
public record Difference(Kind kind, Thing thing, String name, @Nullable String expected, @Nullable String found) {
  /** How it differs. */
  public enum Kind {
    MISSING_ON_SERVER, UNKNOWN_TO_PANEL, DIFFERENT
  }

  /** What differs. */
  public enum Thing {
    SITE, VHOST, POOL, RETAINED, OPERATION, AGENT, POLICY
  }

  static Difference missing(Thing thing, String name, @Nullable String expected) {
    return new Difference(Kind.MISSING_ON_SERVER, thing, name, expected, null);
  }

  static Difference unknown(Thing thing, String name, @Nullable String found) {
    return new Difference(Kind.UNKNOWN_TO_PANEL, thing, name, null, found);
  }

  static Difference different(Thing thing, String name, String expected, String found) {
    return new Difference(Kind.DIFFERENT, thing, name, expected, found);
  }
}
