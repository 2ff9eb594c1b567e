package io.chom.web.sites;

import io.chom.sites.SiteId;
import io.chom.sites.SiteStatus;
import io.chom.sites.SiteType;
import io.chom.sites.SiteView;
import io.chom.web.support.Badge;
import io.chom.web.support.Words;
import java.util.List;

/** Puts sites into words. */
public final class SiteRows {
  private SiteRows() {}

  public static List<SiteRow> of(List<SiteView> sites, Words words) {
    return sites.stream().map(site -> of(site, words)).toList();
  }

  static SiteRow of(SiteView site, Words words) {
    return new SiteRow(site.id().toString(), "/sites/" + site.id(), site.domain(), kind(site, words),
        site.serverName(), state(site.status(), words), storage(site, words),
        words.moment(site.createdAt()));
  }

  public static Badge state(SiteStatus status, Words words) {
    String tone = switch (status) {
      case ACTIVE -> "ok";
      case PROVISIONING, UPDATING, RESTORING, DELETING -> "busy";
      case FAILED -> "bad";
      case DISABLED, DELETED -> "quiet";
    };
    return new Badge(tone, words.say("site.status." + status));
  }

  /** The event that says a site has this status. Its page, which knows its own, listens for the others. */
  static String isNow(SiteId site, SiteStatus status) {
    return "site-is-" + status + "-" + site;
  }

  /** A figure that nobody has measured is no figure. */
  static String storage(SiteView site, Words words) {
    return site.storageAt() == null ? words.say("sites.storage.unknown") : words.megabytes(site.storageUsedMb());
  }

  static String kind(SiteView site, Words words) {
    if (site.type() == SiteType.STATIC) {
      return words.say("sites.kind.static");
    }
    return site.phpVersion() == null
        ? words.say("sites.kind.php")
        : words.say("sites.kind.php.version", site.phpVersion());
  }
}
