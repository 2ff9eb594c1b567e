package io.chom.sites;

import java.util.Locale;

/** What answers for a site's domain. */
public enum SiteType {
  /** Files as they are. */
  STATIC,
  /** PHP by a pool of the site's own. */
  PHP;

  /** The word the table, the agent and the API use. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Reads a word that somebody sent.
   *
   * @throws SiteRefused it is none of the known types
   */
  public static SiteType of(String word) {
    for (var type : values()) {
      if (type.word().equals(word)) {
        return type;
      }
    }
    throw new SiteRefused(SiteRefused.Reason.UNKNOWN_TYPE, "type");
  }
}
