package io.chom.sites;

import io.chom.common.Actor;
import io.chom.live.LiveEvents;
import io.chom.tenancy.TenantContext;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/**
 * The databases that come into a site of the current tenant with what another room brings there: the server makes them with that,
 * and not by an operation of their own. Hold the site meanwhile.
 */
@Service
public class ComingDatabases {
  private final DatabaseRows rows;
  private final Databases databases;
  private final LiveEvents live;

  ComingDatabases(DatabaseRows rows, Databases databases, LiveEvents live) {
    this.rows = rows;
    this.databases = databases;
    this.live = live;
  }

  /**
   * What was prepared.
   *
   * @param named those whose login gets a password with what comes
   * @param renewed those of them that were there and had another one
   */
  public record Expected(List<String> named, List<String> renewed) {}

  /**
   * Writes down which come.
   *
   * @param renew whether those that are there get other passwords, too
   * @throws DatabaseRefused one of them is being changed, or there are too many
   */
  @Transactional(propagation = Propagation.MANDATORY)
  public Expected expect(SiteId site, Collection<String> names, boolean renew, Actor actor) {
    var named = new ArrayList<String>();
    var renewed = new ArrayList<String>();
    var there = new HashMap<String, DatabaseView>();
    rows.of(site).forEach(one -> there.put(one.name(), one));
    for (String name : names) {
      var known = there.get(name);
      if (known == null) {
        databases.insert(site, name, actor);
        named.add(name);
      } else if (known.status() != DatabaseStatus.ACTIVE) {
        databases.again(known, DatabaseStatus.CREATING, actor);
        named.add(name);
      } else if (renew) {
        databases.again(known, DatabaseStatus.CHANGING, actor);
        named.add(name);
        renewed.add(name);
      }
    }
    if (there.size() + named.size() - renewed.size() > DatabaseRefused.MOST) {
      throw new DatabaseRefused(DatabaseRefused.Reason.TOO_MANY_DATABASES, "database");
    }
    announce(site);
    return new Expected(List.copyOf(named), List.copyOf(renewed));
  }

  /** Their passwords, by name, for the work on the server; one that was shown meanwhile is not there. */
  @Transactional(readOnly = true)
  public Map<String, String> passwords(SiteId site, Collection<String> names) {
    var passwords = new HashMap<String, String>();
    rows.of(site).stream().filter(one -> names.contains(one.name()))
        .forEach(one -> rows.password(one.id()).ifPresent(password -> passwords.put(one.name(), password)));
    return Map.copyOf(passwords);
  }

  /** They are there. */
  @Transactional(propagation = Propagation.MANDATORY)
  public void came(SiteId site, Collection<String> names) {
    settle(site, names, one -> rows.become(one, DatabaseStatus.ACTIVE, null));
  }

  /**
   * They have not come.
   *
   * @param unknown whether something may have
   */
  @Transactional(propagation = Propagation.MANDATORY)
  public void stayedAway(SiteId site, Collection<String> names, boolean unknown, String sentence) {
    settle(site, names, one -> {
      if (one.status() == DatabaseStatus.CHANGING && !unknown) {
        rows.forgetPassword(one.id());
        rows.become(one, DatabaseStatus.ACTIVE, null);
      } else {
        rows.become(one, DatabaseStatus.FAILED, sentence);
      }
    });
  }

  /** What came was taken back, and with it their other passwords. */
  @Transactional(propagation = Propagation.MANDATORY)
  public void wentBack(SiteId site, Collection<String> renewed) {
    rows.of(site).stream().filter(one -> renewed.contains(one.name())).forEach(one -> rows.forgetPassword(one.id()));
    announce(site);
  }

  private void settle(SiteId site, Collection<String> names, Consumer<DatabaseView> change) {
    rows.of(site).stream().filter(one -> names.contains(one.name()))
        .filter(one -> one.status() == DatabaseStatus.CREATING || one.status() == DatabaseStatus.CHANGING)
        .forEach(change);
    announce(site);
  }

  private void announce(SiteId site) {
    live.changedAfterCommit(TenantContext.current(), SiteTopics.site(site.value()));
  }
}
