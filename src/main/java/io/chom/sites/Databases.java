package io.chom.sites;

import io.chom.audit.Audit;
import io.chom.common.Actor;
import io.chom.common.UserId;
import io.chom.common.Uuid7;
import io.chom.live.LiveEvents;
import io.chom.operations.Operation;
import io.chom.operations.Operations;
import io.chom.sites.DatabaseRefused.Reason;
import io.chom.tenancy.TenantContext;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/**
 * The databases of the current tenant's sites, and every change to one.
 *
 * <p>A password is made here, because whoever asked must learn it, and sealed, because the work is done later, maybe on
 * another node and maybe twice. It is shown once, to whoever asked, and is forgotten with that.
 */
@Service
public class Databases {
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]{0,31}");
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int PASSWORD_BYTES = 24;

  private final SiteRepository sites;
  private final SiteRows siteRows;
  private final DatabaseRows rows;
  private final Operations operations;
  private final Audit audit;
  private final LiveEvents live;

  Databases(SiteRepository sites, SiteRows siteRows, DatabaseRows rows, Operations operations, Audit audit,
      LiveEvents live) {
    this.sites = sites;
    this.siteRows = siteRows;
    this.rows = rows;
    this.operations = operations;
    this.audit = audit;
    this.live = live;
  }

  /** A promised change of a database. */
  public record Promised(DatabaseId database, Operation operation) {}

  /**
   * The databases of a site, by name.
   *
   * @throws SiteNotFound there is none by that id for this tenant
   */
  @Transactional(readOnly = true)
  public List<DatabaseView> of(SiteId site) {
    if (siteRows.find(site).isEmpty()) {
      throw new SiteNotFound(site);
    }
    return rows.of(site);
  }

  /** The databases of a site, those that went of late included, so that whoever watched one go is told. */
  @Transactional(readOnly = true)
  public List<DatabaseView> seenOf(SiteId site) {
    return rows.seenOf(site);
  }

  /**
   * One database of a site.
   *
   * @throws DatabaseNotFound the site has none by that id, or is not this tenant's
   */
  @Transactional(readOnly = true)
  public DatabaseView get(SiteId site, DatabaseId id) {
    return find(site, id);
  }

  /**
   * Promises a database with a login of its own.
   *
   * @throws DatabaseRefused its name cannot be used or is taken, there are too many, or the site cannot take it now
   */
  @Transactional
  public Promised create(SiteId id, String name, @Nullable String idempotencyKey, Actor actor) {
    if (!NAME.matcher(name).matches()) {
      throw new DatabaseRefused(Reason.DATABASE_NAME_INVALID, "name");
    }
    // from here on the site's changes come one after the other
    var site = lock(id);
    if (idempotencyKey != null) {
      var before = operations.requested(idempotencyKey);
      if (before.isPresent()) {
        return theSame(before.get(), site, name);
      }
    }
    requireUsable(site);
    var there = rows.of(id);
    if (there.stream().anyMatch(one -> one.name().equals(name))) {
      throw new DatabaseRefused(Reason.DATABASE_NAME_TAKEN, "name");
    }
    if (there.size() >= DatabaseRefused.MOST) {
      throw new DatabaseRefused(Reason.TOO_MANY_DATABASES, "name");
    }
    var database = insert(id, name, actor);
    var operation = operations.request(DatabaseOperations.create(site, database, name, idempotencyKey), actor);
    changed(actor, "database.create", site, name, Map.of());
    return new Promised(database, operation);
  }

  /** The key made something before, maybe long ago: who is answered by another one would wait for this one in vain. */
  private static Promised theSame(Operation before, Site site, String name) {
    if (!before.type().equals(DatabaseOperations.CREATE) || !before.subject().id().equals(site.id())
        || !before.payload().path("name").asString("").equals(name)) {
      throw new DatabaseRefused(Reason.IDEMPOTENCY_KEY_REUSED, "idempotencyKey");
    }
    return new Promised(DatabaseOperations.database(before), before);
  }

  /**
   * Promises a new password for a database's login; the old one is good until then. Also how a creation that failed is
   * tried again.
   *
   * @throws DatabaseRefused the database or its site is being changed
   */
  @Transactional
  public Promised renewPassword(SiteId id, DatabaseId database, Actor actor) {
    var site = lock(id);
    var view = find(id, database);
    requireUsable(site);
    again(view, view.status() == DatabaseStatus.ACTIVE ? DatabaseStatus.CHANGING : DatabaseStatus.CREATING, actor);
    var operation = operations.request(DatabaseOperations.create(site, database, view.name(), null), actor);
    changed(actor, "database.password", site, view.name(), Map.of());
    return new Promised(database, operation);
  }

  /**
   * Promises that a database goes.
   *
   * @param purge whether the server keeps no copy
   * @throws DatabaseRefused the typed name is another one, or the database is being changed
   */
  @Transactional
  public Promised drop(SiteId id, DatabaseId database, String typedName, boolean purge, Actor actor) {
    var site = lock(id);
    var view = find(id, database);
    if (!typedName.strip().equals(view.name()) && !typedName.strip().equals(view.database())) {
      throw new DatabaseRefused(Reason.NAME_DOES_NOT_MATCH, "typedName");
    }
    rows.become(view, DatabaseStatus.DROPPING, null);
    var operation = operations.request(DatabaseOperations.drop(site, view, purge), actor);
    changed(actor, "database.drop", site, view.name(), Map.of("purge", purge));
    return new Promised(database, operation);
  }

  /**
   * Shows a password for the first and last time.
   *
   * @throws DatabaseRefused it was shown already, was made for somebody else, or is not set yet
   */
  @Transactional
  public String showPassword(SiteId id, DatabaseId database, UserId person, Actor actor) {
    var view = find(id, database);
    var password = rows.takePassword(database, person.value())
        .orElseThrow(() -> new DatabaseRefused(Reason.PASSWORD_NOT_SHOWN, "password"));
    audit.record(actor, "database.password.show", "site", id.value(), view.database(), Map.of());
    live.changedAfterCommit(TenantContext.current(), SiteTopics.site(id.value()));
    return password;
  }

  /** One that is to be made, with its password. */
  DatabaseId insert(SiteId site, String name, Actor actor) {
    var database = new DatabaseId(Uuid7.next());
    rows.insert(database, site, name);
    setPassword(database, actor);
    return database;
  }

  /** One that is there, with another password. */
  void again(DatabaseView database, DatabaseStatus next, Actor actor) {
    rows.become(database, next, null);
    setPassword(database.id(), actor);
  }

  private void setPassword(DatabaseId database, Actor actor) {
    var bytes = new byte[PASSWORD_BYTES];
    RANDOM.nextBytes(bytes);
    rows.seal(database, Base64.getUrlEncoder().withoutPadding().encodeToString(bytes),
        actor.user() == null ? null : actor.user().value());
  }

  private static void requireUsable(Site site) {
    if (site.status() != SiteStatus.ACTIVE && site.status() != SiteStatus.DISABLED) {
      throw new DatabaseRefused(Reason.NOT_IN_THIS_STATE, "status");
    }
  }

  private Site lock(SiteId id) {
    return sites.lock(id.value()).filter(site -> site.status() != SiteStatus.DELETED)
        .orElseThrow(() -> new SiteNotFound(id));
  }

  private DatabaseView find(SiteId site, DatabaseId id) {
    return rows.find(id).filter(one -> one.site().equals(site) && one.status() != DatabaseStatus.DROPPED)
        .orElseThrow(() -> new DatabaseNotFound(id));
  }

  private void changed(Actor actor, String action, Site site, String name, Map<String, Object> detail) {
    audit.record(actor, action, "site", site.id(), site.unixUser() + "_" + name, detail);
    live.changedAfterCommit(TenantContext.current(), SiteTopics.site(site.id()));
  }
}
