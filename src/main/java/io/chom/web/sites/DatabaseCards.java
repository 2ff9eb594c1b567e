package io.chom.web.sites;

import io.chom.accounts.Caller;
import io.chom.accounts.Permission;
import io.chom.common.Uuid7;
import io.chom.sites.DatabaseId;
import io.chom.sites.DatabaseStatus;
import io.chom.sites.DatabaseView;
import io.chom.sites.Databases;
import io.chom.sites.SiteStatus;
import io.chom.sites.SiteView;
import io.chom.web.support.Badge;
import io.chom.web.support.Words;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Assembles the list of a site's databases. */
@Component
class DatabaseCards {
  private final Databases databases;

  DatabaseCards(Databases databases) {
    this.databases = databases;
  }

  /**
   * What a form brought back.
   *
   * @param dropping the database it was about; null for the form that makes one
   */
  record Typed(@Nullable DatabaseId dropping, String name, List<String> faults) {
    static final Typed NOTHING = new Typed(null, "", List.of());

    List<String> faultsOf(@Nullable DatabaseId id) {
      return java.util.Objects.equals(dropping, id) ? faults : List.of();
    }
  }

  DatabaseCard card(SiteView site, Caller caller, Words words) {
    return card(site, caller, Typed.NOTHING, null, words);
  }

  DatabaseCard card(SiteView site, Caller caller, Typed typed, DatabaseCard.@Nullable Shown shown, Words words) {
    String here = "/sites/" + site.id() + "/databases";
    var there = databases.of(site.id());
    boolean usable = site.status() == SiteStatus.ACTIVE || site.status() == SiteStatus.DISABLED;
    boolean mayWrite = usable && caller.can(Permission.SITES_WRITE);
    return new DatabaseCard(site.id().toString(), here,
        there.stream().map(one -> row(one, here, mayWrite, caller, typed, words)).toList(), turns(there),
        mayWrite ? here : null, site.unixUser(), typed.dropping() == null ? typed.name() : "", Uuid7.next().toString(),
        typed.faultsOf(null), shown);
  }

  private static DatabaseRow row(DatabaseView one, String here, boolean mayWrite, Caller caller, Typed typed,
      Words words) {
    String address = here + "/" + one.id();
    var next = one.status().next();
    boolean mine = one.status() == DatabaseStatus.ACTIVE && caller.user().userId().value().equals(one.passwordFor());
    return new DatabaseRow(one.id().toString(), one.name(), one.database(), state(one.status(), words), one.failure(),
        mine && caller.can(Permission.SITES_WRITE) ? address + "/password" : null,
        mayWrite && (next.contains(DatabaseStatus.CHANGING) || next.contains(DatabaseStatus.CREATING))
            ? address + "/new-password"
            : null,
        caller.can(Permission.SITES_DELETE) && next.contains(DatabaseStatus.DROPPING) ? address + "/drop" : null,
        typed.faultsOf(one.id()));
  }

  static Badge state(DatabaseStatus status, Words words) {
    String tone = switch (status) {
      case ACTIVE -> "ok";
      case CREATING, CHANGING, DROPPING -> "busy";
      case FAILED -> "bad";
      case DROPPED -> "quiet";
    };
    return new Badge(tone, words.say("database.status." + status));
  }

  /** The event that says a database has this status; a list, which knows what it shows, listens for the others. */
  static String isNow(DatabaseId id, DatabaseStatus status) {
    return "database-is-" + status + "-" + id;
  }

  private static String turns(List<DatabaseView> there) {
    return there.stream()
        .flatMap(one -> Arrays.stream(DatabaseStatus.values()).filter(status -> status != one.status())
            .map(status -> "sse:" + isNow(one.id(), status)))
        .collect(Collectors.joining(", "));
  }
}
