package io.chom.sites;

/** A change of a site that can be looked at before it is made. */
public enum SiteChange {
  DISABLE("site:disable", false), ENABLE("site:enable", false), DELETE("site:delete", false), PURGE("site:delete",
      true), RESTORE("site:restore", false);

  private final String command;
  private final boolean purge;

  SiteChange(String command, boolean purge) {
    this.command = command;
    this.purge = purge;
  }

  String command() {
    return command;
  }

  boolean purge() {
    return purge;
  }
}
