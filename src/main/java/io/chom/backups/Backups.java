package io.chom.backups;

import io.chom.audit.Audit;
import io.chom.backups.BackupRefused.Reason;
import io.chom.cache.CacheKey;
import io.chom.cache.CacheName;
import io.chom.cache.CacheValues;
import io.chom.cache.TenantCache;
import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.live.LiveEvents;
import io.chom.operations.Lane;
import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.OperationType;
import io.chom.operations.Operations;
import io.chom.sites.KnownSite;
import io.chom.sites.KnownSites;
import io.chom.sites.SiteId;
import io.chom.sites.SiteName;
import io.chom.sites.SiteNotFound;
import io.chom.sites.SiteTopics;
import io.chom.tenancy.TenantContext;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/**
 * The backups of the current tenant's sites: what there is, and every change but a restore. A backup outlives its site:
 * after the site is deleted, and after nothing is retained of it, its backups stay in the list until somebody removes
 * them.
 */
@Service
public class Backups {
  /** As many sites as a list offers to choose from. */
  private static final int SITES = 500;

  private final KnownSites sites;
  private final BackupRows rows;
  private final Repositories repositories;
  private final ProofPlaces places;
  private final TenantCache cache;
  private final Operations operations;
  private final Audit audit;
  private final LiveEvents live;

  Backups(KnownSites sites, BackupRows rows, Repositories repositories, ProofPlaces places, TenantCache cache,
      Operations operations, Audit audit, LiveEvents live) {
    this.sites = sites;
    this.rows = rows;
    this.repositories = repositories;
    this.places = places;
    this.cache = cache;
    this.operations = operations;
    this.audit = audit;
    this.live = live;
  }

  /** A promised change of a backup. */
  public record Promised(BackupId backup, Operation operation) {}

  /** Newest first; ask for one more than is shown to learn whether there is a next page. */
  @Transactional(readOnly = true)
  public List<BackupView> page(BackupFilter filter) {
    return rows.page(filter);
  }

  /**
   * As {@link #page}, of a site that must be this tenant's; deleted or not.
   *
   * @throws SiteNotFound there was never one by that id for this tenant
   */
  @Transactional(readOnly = true)
  public List<BackupView> pageOf(SiteId site, BackupFilter filter) {
    if (sites.find(site).isEmpty()) {
      throw new SiteNotFound(site);
    }
    return rows.page(filter);
  }

  /** The last backups of a site, removed ones included, so that whoever watched one go is told. */
  @Transactional(readOnly = true)
  public List<BackupView> seenOf(SiteId site, int limit) {
    return rows.seenOf(site, limit);
  }

  record SiteNames(List<SiteName> sites) {}

  /** What stands around every list; asks nothing while nothing changes. */
  @Transactional(readOnly = true)
  public BackupShelf shelf() {
    var tenant = TenantContext.current();
    var names = CacheKey.of(CacheName.SITES_LIST, tenant, SiteNames.class);
    var stored = CacheKey.of(CacheName.BACKUP_SIZE, tenant, Repositories.Stored.class);
    var values = cache.all(List.of(names, stored), missing -> {
      var read = new CacheValues();
      if (missing.contains(names)) {
        read.with(names, new SiteNames(sites.names(SITES)));
      }
      return missing.contains(stored) ? read.with(stored, repositories.stored(SITES)) : read;
    });
    return new BackupShelf(values.get(stored).bytes(), values.get(names).sites(), values.get(stored).bySite());
  }

  /**
   * One backup of a site; a removed one, too.
   *
   * @throws BackupNotFound the site has none by that id, or is not this tenant's
   */
  @Transactional(readOnly = true)
  public BackupView get(SiteId site, BackupId id) {
    return find(site, id);
  }

  /** What came of looking at a backup the last time; empty while nobody has. */
  @Transactional(readOnly = true)
  public Optional<ProofView> lastProof(BackupId id) {
    return rows.lastProof(id);
  }

  /** As {@link #lastProof}, of several; asks nothing where nobody has looked at any. */
  @Transactional(readOnly = true)
  public Map<BackupId, ProofView> lastProofs(List<BackupView> shown) {
    var looked = shown.stream().filter(one -> one.proof() != BackupProof.UNPROVEN).map(BackupView::id).toList();
    return looked.isEmpty() ? Map.of() : rows.lastProofs(looked);
  }

  /**
   * Promises a backup.
   *
   * @throws SiteNotFound there is none by that id for this tenant
   * @throws BackupRefused one is being taken, or the site cannot be backed up now
   * @throws TargetNotFound the tenant may not use the target that is named
   * @throws TargetRefused that cannot be used now, or not for this site
   */
  @Transactional
  public Promised create(SiteId id, BackupWish wish, @Nullable String idempotencyKey, Actor actor) {
    wish.require();
    // from here on the site's changes come one after the other
    var site = sites.hold(id);
    var type = wish.type();
    var before = requested(idempotencyKey);
    if (before.isPresent()) {
      if (!BackupOperations.same(before.get(), wish)) {
        throw new BackupRefused(Reason.IDEMPOTENCY_KEY_REUSED, "idempotencyKey");
      }
      return theSame(before.get(), BackupOperations.CREATE, site, type.word(), "type");
    }
    if (!site.settled()) {
      throw notReady(site);
    }
    if (rows.isRunning(id)) {
      throw new BackupRefused(Reason.BACKUP_RUNNING, "status");
    }
    var backup = new BackupId(Uuid7.next());
    rows.insert(backup, id, repositories.of(site, wish.target()), type);
    return promise(backup, BackupOperations.create(site, backup, wish, rows.source(backup), idempotencyKey,
        lane(actor)), actor, "backup.create", site, type);
  }

  /** As {@link #create(SiteId, BackupWish, String, Actor)}, of all of that type and to where the tenant's backups go. */
  @Transactional
  public Promised create(SiteId id, BackupType type, @Nullable String idempotencyKey, Actor actor) {
    return create(id, BackupWish.of(type), idempotencyKey, actor);
  }

  /**
   * Promises that a backup is restored on the side and looked at: on another server of the tenant's where one can, else on
   * the site's own.
   *
   * @throws BackupNotFound the site has none by that id, or is not this tenant's
   * @throws BackupRefused it is not there, something is being done with it, or its site is gone
   */
  @Transactional
  public Promised verify(SiteId id, BackupId backup, @Nullable String idempotencyKey, Actor actor) {
    var site = hold(id, backup);
    var before = requested(idempotencyKey);
    if (before.isPresent()) {
      return theSame(before.get(), BackupOperations.VERIFY, site, backup.toString(), "backup");
    }
    var view = find(id, backup);
    if (!view.siteThere()) {
      throw new BackupRefused(Reason.SITE_GONE, "site");
    }
    rows.begin(backup, BackupActivity.PROVING);
    var source = rows.source(backup);
    return promise(backup, BackupOperations.verify(site, backup, source, places.choose(site, view, source),
        idempotencyKey, lane(actor)), actor, "backup.verify", site, view.type());
  }

  /**
   * Promises that a backup goes; also one of a site that has gone. One that failed has nothing on its server and goes at
   * once.
   *
   * @param typedName the domain of its site, typed to confirm
   * @return the operation; empty where nothing is left to do
   * @throws BackupNotFound the site has none by that id, or is not this tenant's
   * @throws BackupRefused the typed name is another one, or something is being done with it
   */
  @Transactional
  public Optional<Operation> delete(SiteId id, BackupId backup, String typedName, Actor actor) {
    var site = hold(id, backup);
    var view = find(id, backup);
    requireName(typedName, site);
    if (view.status() == BackupStatus.FAILED) {
      rows.removed(view);
      changed(actor, "backup.delete", site, backup, view.type());
      return Optional.empty();
    }
    requireRemovable(backup);
    rows.begin(backup, BackupActivity.REMOVING);
    return Optional
        .of(promise(backup, BackupOperations.delete(site, backup, rows.source(backup), Lane.INTERACTIVE), actor,
            "backup.delete", site, view.type()).operation());
  }

  /**
   * Promises that a backup goes whose time is over.
   *
   * @throws BackupRefused something is being done with it
   */
  @Transactional
  void expire(SiteId id, BackupId backup) {
    var site = hold(id, backup);
    var view = find(id, backup);
    if (view.pinned()) {
      throw new BackupRefused(Reason.BACKUP_NOT_READY, "pinned");
    }
    requireRemovable(backup);
    rows.begin(backup, BackupActivity.REMOVING);
    promise(backup, BackupOperations.delete(site, backup, rows.source(backup), Lane.SCHEDULED), Actor.PANEL,
        "backup.expire", site, view.type());
  }

  private void requireRemovable(BackupId backup) {
    if (repositories.keepsAll(rows.source(backup).repository())) {
      throw new BackupRefused(Reason.TARGET_KEEPS_ALL, "target");
    }
  }

  /** What a clock asks for waits behind what people wait for. */
  private static Lane lane(Actor actor) {
    return actor.equals(Actor.PANEL) ? Lane.SCHEDULED : Lane.INTERACTIVE;
  }

  static void requireName(String typed, KnownSite site) {
    if (!typed.strip().equalsIgnoreCase(site.domain())) {
      throw new BackupRefused(Reason.NAME_DOES_NOT_MATCH, "typedName");
    }
  }

  static BackupRefused notReady(KnownSite site) {
    return switch (site.status()) {
      case DELETED -> new BackupRefused(Reason.SITE_GONE, "site");
      default -> new BackupRefused(Reason.SITE_NOT_READY, "status");
    };
  }

  private Optional<Operation> requested(@Nullable String idempotencyKey) {
    return idempotencyKey == null ? Optional.empty() : operations.requested(idempotencyKey);
  }

  /** The key made something before, maybe long ago: who is answered by another one would wait for this one in vain. */
  static Promised theSame(Operation before, OperationType type, KnownSite site, String value, String field) {
    if (!before.type().equals(type) || !before.subject().id().equals(site.id().value())
        || !before.payload().path(field).asString("").equals(value)) {
      throw new BackupRefused(Reason.IDEMPOTENCY_KEY_REUSED, "idempotencyKey");
    }
    return new Promised(BackupOperations.backup(before), before);
  }

  private Promised promise(BackupId backup, NewOperation wanted, Actor actor, String action, KnownSite site,
      BackupType type) {
    var operation = operations.request(wanted, actor);
    changed(actor, action, site, backup, type);
    return new Promised(backup, operation);
  }

  private void changed(Actor actor, String action, KnownSite site, BackupId backup, BackupType type) {
    audit.record(actor, action, "site", site.id().value(), site.domain(),
        Map.of("backup", backup.toString(), "type", type.word()));
    live.changedAfterCommit(TenantContext.current(), BackupTopics.ALL, SiteTopics.site(site.id().value()));
  }

  private KnownSite hold(SiteId site, BackupId backup) {
    return inSite(backup, () -> sites.hold(site));
  }

  /** Of a site nobody knows, no backup is known either. */
  static <T> T inSite(BackupId backup, Supplier<T> work) {
    try {
      return work.get();
    } catch (SiteNotFound _) {
      throw new BackupNotFound(backup);
    }
  }

  private BackupView find(SiteId site, BackupId id) {
    return rows.find(id).filter(one -> one.site().equals(site)).orElseThrow(() -> new BackupNotFound(id));
  }
}
