package io.chom.sites;

import java.util.UUID;

/** The live topics on which sites announce that something about them has changed. */
public final class SiteTopics {
  /** Any site of the tenant. */
  public static final String ALL = "sites";

  private SiteTopics() {}

  /** Anything about this site, its operations included. */
  public static String site(UUID id) {
    return "site:" + id;
  }
}
