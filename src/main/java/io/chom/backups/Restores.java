package io.chom.backups;

import io.chom.audit.Audit;
import io.chom.backups.BackupRefused.Reason;
import io.chom.backups.Backups.Promised;
import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.live.LiveEvents;
import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.Operations;
import io.chom.servers.ServerId;
import io.chom.sites.ComingDatabases;
import io.chom.sites.CreateSite;
import io.chom.sites.Created;
import io.chom.sites.DomainName;
import io.chom.sites.KnownSite;
import io.chom.sites.KnownSites;
import io.chom.sites.SiteId;
import io.chom.sites.SiteNotFound;
import io.chom.sites.SiteRefused;
import io.chom.sites.SiteStatus;
import io.chom.sites.SiteTopics;
import io.chom.sites.SiteType;
import io.chom.sites.Sites;
import io.chom.tenancy.TenantContext;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

/** Brings the current tenant's sites back to what a backup holds, and takes that back again. */
@Service
public class Restores {
  private final KnownSites sites;
  private final BackupRows backups;
  private final RestoreRows rows;
  private final Repositories repositories;
  private final Operations operations;
  private final Sites creation;
  private final ComingDatabases databases;
  private final TransactionTemplate transaction;
  private final Audit audit;
  private final LiveEvents live;

  Restores(KnownSites sites, Sites creation, ComingDatabases databases, BackupRows backups, RestoreRows rows,
      Repositories repositories, Operations operations, TransactionTemplate transaction, Audit audit, LiveEvents live) {
    this.creation = creation;
    this.databases = databases;
    this.transaction = transaction;
    this.sites = sites;
    this.backups = backups;
    this.rows = rows;
    this.repositories = repositories;
    this.operations = operations;
    this.audit = audit;
    this.live = live;
  }

  /**
   * What is to be brought back.
   *
   * @param typedName the domain of the site whose content is replaced, typed to confirm
   */
  public record Wanted(RestoreScope scope, String typedName) {
    public Wanted(BackupType part, @Nullable String database, String typedName) {
      this(RestoreScope.of(part, database), typedName);
    }
  }

  /**
   * Promises that a backup replaces what is there of its site. The state before is kept for a while.
   *
   * @throws BackupNotFound the site has none by that id, or is not this tenant's
   * @throws BackupRefused the typed name is another one, the backup does not hold that part, something is being done
   *         with it, or the site cannot be changed now
   */
  @Transactional
  public Promised restore(SiteId id, BackupId backup, Wanted wanted, @Nullable String idempotencyKey, Actor actor) {
    var site = Backups.inSite(backup, () -> sites.hold(id));
    return restore(id, backup, site, wanted, idempotencyKey, actor);
  }

  /**
   * As {@link #restore(SiteId, BackupId, Wanted, String, Actor)}, into another site of the tenant. The backup's own site need
   * not be there any more.
   *
   * @throws io.chom.sites.SiteNotFound there is none to restore into by that id for this tenant
   * @throws BackupRefused also where the site's server does not reach the backup
   * @throws io.chom.sites.DatabaseRefused a database of the site is being changed
   */
  @Transactional
  public Promised restoreInto(SiteId into, SiteId of, BackupId backup, Wanted wanted, @Nullable String idempotencyKey,
      Actor actor) {
    find(of, backup);
    return restore(of, backup, sites.hold(into), wanted, idempotencyKey, actor);
  }

  private Promised restore(SiteId of, BackupId backup, KnownSite site, Wanted wanted, @Nullable String idempotencyKey,
      Actor actor) {
    if (idempotencyKey != null) {
      var before = operations.requested(idempotencyKey);
      if (before.isPresent()) {
        return theSame(before.get(), site, backup, wanted.scope());
      }
    }
    var view = find(of, backup);
    Backups.requireName(wanted.typedName(), site);
    var operation = operations.request(prepare(site, view, wanted.scope(), false, idempotencyKey, actor), actor);
    changed(actor, "backup.restore", site, detail(view, wanted.scope()));
    return new Promised(backup, operation);
  }

  /** A new site that has been promised, and what comes into it. */
  public record PromisedSite(SiteId site, Operation creation, Operation restore) {}

  /**
   * Promises a new site with what a backup holds. Both are promised or nothing is; a site whose restore fails is an empty one
   * that says so, and the restore can be asked for again.
   *
   * @param domain the new site's
   * @throws BackupNotFound the site has none by that id, or is not this tenant's
   * @throws BackupRefused the backup does not hold that part, or something is being done with it
   * @throws SiteRefused as for any new site
   * @throws io.chom.billing.PlanLimitReached the plan has no room for one more
   * @throws io.chom.servers.NoServerAvailable no server can take it
   */
  public PromisedSite restoreAsNew(SiteId of, BackupId backup, RestoreScope scope, DomainName domain,
      @Nullable ServerId server, @Nullable String idempotencyKey, Actor actor) {
    var place = Objects.requireNonNull(transaction.execute(status -> {
      var view = find(of, backup);
      scope.requireHeldBy(view, true);
      var source = backups.source(backup);
      var known = sites.find(of).orElseThrow(() -> new BackupNotFound(backup));
      return new Place(reachedFromOneServer(source) ? new ServerId(source.server()) : server, known.type(),
          reachedFromOneServer(source) ? known.phpVersion() : null);
    }));
    if (server != null && !server.equals(place.server())) {
      throw transaction.execute(status -> outOfReach(backups.source(backup), server.value()));
    }
    var restore = new AtomicReference<@Nullable Operation>();
    var created = creation.create(new CreateSite(domain, place.type(), place.phpVersion(), place.server(),
        idempotencyKey), actor, made -> restore.set(promise(made, of, backup, scope, second(idempotencyKey), actor)));
    var promised = restore.get();
    if (promised == null) {
      // the key made them before
      promised = Objects.requireNonNull(transaction.execute(status -> operations
          .requested(Objects.requireNonNull(second(idempotencyKey)))
          .orElseThrow(() -> new BackupRefused(Reason.IDEMPOTENCY_KEY_REUSED, "idempotencyKey"))));
      theSame(promised, created.site(), backup, scope);
    }
    return new PromisedSite(created.site(), created.operation(), promised);
  }

  /** Where a new site may be, and what it is. */
  private record Place(@Nullable ServerId server, SiteType type, @Nullable String phpVersion) {}

  private static @Nullable String second(@Nullable String idempotencyKey) {
    return idempotencyKey == null ? null : idempotencyKey + ":restore";
  }

  private Operation promise(Created made, SiteId of, BackupId backup, RestoreScope scope,
      @Nullable String idempotencyKey, Actor actor) {
    var site = sites.hold(made.site());
    var view = find(of, backup);
    var operation = operations.request(prepare(site, view, scope, true, idempotencyKey, actor), actor);
    changed(actor, "backup.restore", site, detail(view, scope));
    return operation;
  }

  /** The same once more, as it failed. */
  NewOperation again(SiteId into, BackupId backup, RestoreScope scope, boolean fresh) {
    var view = backups.find(backup).orElseThrow(() -> new BackupNotFound(backup));
    return prepare(sites.hold(into), view, scope, fresh, null, Actor.PANEL);
  }

  /** Everything that belongs to the promise but the operation. */
  private NewOperation prepare(KnownSite site, BackupView view, RestoreScope scope, boolean fresh,
      @Nullable String idempotencyKey, Actor actor) {
    boolean elsewhere = !site.id().equals(view.site());
    scope.requireHeldBy(view, elsewhere);
    var source = backups.source(view.id());
    if (reachedFromOneServer(source) && !source.server().equals(site.server())) {
      throw outOfReach(source, site.server());
    }
    repositories.requireFor(source.repository(), site.server());
    // a site that is only being made is not begun with before it is there
    boolean waits = fresh && site.status() == SiteStatus.PROVISIONING;
    var was = waits ? null : begin(site).status();
    backups.begin(view.id(), BackupActivity.RESTORING);
    var expected = elsewhere && scope.tables().isEmpty()
        ? databases.expect(site.id(), scope.databases(view), scope.adapt(), actor)
        : new ComingDatabases.Expected(List.of(), List.of());
    var restore = Uuid7.next();
    rows.insert(restore, site.id(), view.id(), scope, expected.renewed(), fresh);
    return BackupOperations.restore(site, view.id(), source, restore, scope, expected.named(), was, idempotencyKey);
  }

  /** A directory of a server is nobody else's. */
  private static boolean reachedFromOneServer(BackupSource source) {
    return String.valueOf(source.place().get("repository")).startsWith("local:");
  }

  private BackupRefused outOfReach(BackupSource source, UUID from) {
    return new BackupRefused(Reason.OUT_OF_REACH, "to", rows.serverName(source.server()), rows.serverName(from));
  }

  /**
   * Says whether a site's server reaches a backup, before anything else is asked for.
   *
   * @throws BackupRefused it does not
   */
  @Transactional(readOnly = true)
  public void requireReach(BackupId backup, SiteId into) {
    var source = backups.source(backup);
    var site = sites.find(into).orElseThrow(() -> new SiteNotFound(into));
    if (reachedFromOneServer(source) && !source.server().equals(site.server())) {
      throw outOfReach(source, site.server());
    }
    repositories.requireFor(source.repository(), site.server());
  }

  private BackupView find(SiteId of, BackupId backup) {
    return backups.find(backup).filter(one -> one.site().equals(of)).orElseThrow(() -> new BackupNotFound(backup));
  }

  private static Map<String, Object> detail(BackupView backup, RestoreScope scope) {
    var detail = new HashMap<String, Object>(Map.of("backup", backup.id().toString(), "of", backup.domain()));
    detail.putAll(scope.arguments());
    return detail;
  }

  private static Promised theSame(Operation before, KnownSite site, BackupId backup, RestoreScope scope) {
    theSame(before, site.id(), backup, scope);
    return Backups.theSame(before, BackupOperations.RESTORE, site, backup.toString(), "backup");
  }

  private static void theSame(Operation before, SiteId site, BackupId backup, RestoreScope scope) {
    if (!before.type().equals(BackupOperations.RESTORE) || !before.subject().id().equals(site.value())
        || !BackupOperations.backup(before).equals(backup) || !RestoreScope.of(before.payload()).equals(scope)) {
      throw new BackupRefused(Reason.IDEMPOTENCY_KEY_REUSED, "idempotencyKey");
    }
  }

  /** What a site was made for, as long as that has not come. */
  @Transactional(readOnly = true)
  public Optional<AwaitedRestore> awaited(SiteId site) {
    return rows.awaited(site);
  }

  private KnownSite begin(KnownSite site) {
    try {
      return sites.beginRestore(site.id());
    } catch (SiteRefused _) {
      throw Backups.notReady(site);
    }
  }

  /**
   * The restore of a site that can be taken back now, and until when; empty where there is none. It is the last one.
   */
  @Transactional(readOnly = true)
  public Optional<RestoreView> undoable(SiteId site) {
    return rows.last(site).map(RestoreRows.Kept::view);
  }

  /**
   * Promises the way back to what the site was before its last restore.
   *
   * @throws io.chom.sites.SiteNotFound there is none by that id for this tenant
   * @throws BackupRefused there is nothing to take back, or the site cannot be changed now
   */
  @Transactional
  public Operation undo(SiteId id, Actor actor) {
    var site = sites.hold(id);
    var kept = rows.last(id).orElseThrow(() -> new BackupRefused(Reason.NOTHING_TO_UNDO, "site"));
    var was = begin(site);
    rows.become(kept.id(), kept.status(), "UNDOING");
    var operation = operations.request(BackupOperations.undo(site, kept, was.status()), actor);
    changed(actor, "backup.undo", site, Map.of("backup", kept.view().backup().toString()));
    return operation;
  }

  private void changed(Actor actor, String action, KnownSite site, Map<String, Object> detail) {
    audit.record(actor, action, "site", site.id().value(), site.domain(), detail);
    live.changedAfterCommit(TenantContext.current(), BackupTopics.ALL, SiteTopics.site(site.id().value()));
  }
}
