package io.chom.sites;

import io.chom.audit.Audit;
import io.chom.billing.Plans;
import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.live.LiveEvents;
import io.chom.operations.Operation;
import io.chom.operations.OperationType;
import io.chom.operations.Operations;
import io.chom.servers.PlacedServer;
import io.chom.servers.Placement;
import io.chom.servers.ServerId;
import io.chom.servers.ServerNotFound;
import io.chom.servers.ServerNotReady;
import io.chom.sites.SiteRefused.Reason;
import io.chom.tenancy.TenantContext;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

/** The current tenant's sites, and every change to one. */
@Service
public class Sites {
  private static final Pattern PHP_VERSION = Pattern.compile("[0-9]{1,2}\\.[0-9]{1,2}");

  private final SiteRepository sites;
  private final SiteRows rows;
  private final Plans plans;
  private final Placement placement;
  private final Operations operations;
  private final Audit audit;
  private final LiveEvents live;
  private final TransactionTemplate transaction;
  private final Clock clock;
  private final SitesProperties properties;

  Sites(SiteRepository sites, SiteRows rows, Plans plans, Placement placement, Operations operations, Audit audit,
      LiveEvents live, TransactionTemplate transaction, Clock clock,
      SitesProperties properties) {
    this.sites = sites;
    this.rows = rows;
    this.plans = plans;
    this.placement = placement;
    this.operations = operations;
    this.audit = audit;
    this.live = live;
    this.transaction = transaction;
    this.clock = clock;
    this.properties = properties;
  }

  /**
   * Promises a site: its row, its place on a server and the operation that builds it are there together, or nothing is.
   *
   * @throws SiteRefused the name is not available, the PHP version is none, the key made another site, or the wanted
   *         server is not ready
   * @throws io.chom.billing.PlanLimitReached the plan has no room for one more
   * @throws io.chom.servers.NoServerAvailable no server can take it
   * @throws io.chom.servers.ServerNotFound the wanted server is none of this tenant's
   */
  public Created create(CreateSite wanted, Actor actor) {
    return create(wanted, actor, created -> {});
  }

  /**
   * As {@link #create(CreateSite, Actor)}.
   *
   * @param also what is promised together with the site, when it is; not for one that the key made before
   */
  public Created create(CreateSite wanted, Actor actor, Consumer<Created> also) {
    checkPhp(wanted);
    // looked for outside the transaction: the fleet belongs to another tenant
    var server = wanted.server() == null ? placement.choose() : wanted(wanted.server());
    return takingTheName(() -> create(wanted, server, actor, also));
  }

  private PlacedServer wanted(ServerId server) {
    try {
      return placement.choose(server);
    } catch (ServerNotReady _) {
      throw new SiteRefused(Reason.SERVER_NOT_READY, "serverId");
    }
  }

  private <T> T takingTheName(Supplier<T> change) {
    try {
      return java.util.Objects.requireNonNull(transaction.execute(status -> change.get()));
    } catch (DataIntegrityViolationException e) {
      if (String.valueOf(e.getMessage()).contains("idx_sites_domain")) {
        // the unique index decides, whoever came first; it is not told who has the name
        throw new SiteRefused(Reason.DOMAIN_NOT_AVAILABLE, "domain");
      }
      throw e;
    }
  }

  private Created create(CreateSite wanted, PlacedServer server, Actor actor, Consumer<Created> also) {
    // locks the tenant: from here on its creations come one after the other
    plans.requireRoomForOneMoreSite(() -> rows.stats().totalSites());
    if (wanted.idempotencyKey() != null) {
      var before = operations.requested(wanted.idempotencyKey());
      if (before.isPresent()) {
        refuseUnlessTheSame(wanted, before.get());
        return new Created(new SiteId(before.get().subject().id()), before.get());
      }
    }
    placement.take(server);
    var site = new Site(Uuid7.next(), server.id().value(), wanted, sites.nextUid(), clock.instant());
    sites.save(site);
    sites.flush();
    var operation = operations.request(SiteOperations.create(site, wanted.idempotencyKey()), actor);
    changed(actor, "site.create", site, Map.of("type", site.type(), "server", server.name()));
    var created = new Created(new SiteId(site.id()), operation);
    also.accept(created);
    return created;
  }

  /** The key made another site, maybe long ago: who is answered by that one would wait for this one in vain. */
  private static void refuseUnlessTheSame(CreateSite wanted, Operation before) {
    var made = before.payload();
    if (!wanted.domain().value().equals(made.path("domain").asString(""))
        || !wanted.type().word().equals(made.path("type").asString(""))
        || wanted.phpVersion() != null && !wanted.phpVersion().equals(made.path("php_version").asString(""))
        || wanted.server() != null && !wanted.server().value().equals(before.server())) {
      throw new SiteRefused(Reason.IDEMPOTENCY_KEY_REUSED, "idempotencyKey");
    }
  }

  /**
   * Builds a site again whose creation failed, or goes on bringing one back where that failed.
   *
   * @throws SiteRefused it has not failed, or only a restore makes it whole
   */
  @Transactional
  public Operation tryAgain(SiteId id, Actor actor) {
    var site = lock(id);
    if (site.isRetained()) {
      // what failed was to bring it back: its files are there, half-way between
      site.become(SiteStatus.RESTORING, clock.instant());
      var operation = operations.request(SiteOperations.restore(site), actor);
      changed(actor, "site.try-again", site, Map.of());
      return operation;
    }
    if (site.isHalfRestored()) {
      throw new SiteRefused(Reason.HALF_RESTORED, "status");
    }
    site.become(SiteStatus.PROVISIONING, clock.instant());
    var operation = operations.request(SiteOperations.create(site, null), actor);
    changed(actor, "site.try-again", site, Map.of());
    return operation;
  }

  /**
   * Closes a site: visitors get a notice, its PHP ends, its files and databases stay.
   *
   * @throws SiteRefused it is not active
   */
  @Transactional
  public Operation disable(SiteId id, Actor actor) {
    return turn(id, SiteStatus.ACTIVE, SiteOperations.DISABLE, actor);
  }

  /**
   * Opens a closed site again as it was.
   *
   * @throws SiteRefused it is not disabled
   */
  @Transactional
  public Operation enable(SiteId id, Actor actor) {
    return turn(id, SiteStatus.DISABLED, SiteOperations.ENABLE, actor);
  }

  private Operation turn(SiteId id, SiteStatus from, OperationType type, Actor actor) {
    var site = lock(id);
    if (site.status() != from) {
      throw new SiteRefused(Reason.NOT_IN_THIS_STATE, "status");
    }
    site.become(SiteStatus.UPDATING, clock.instant());
    var operation = operations.request(SiteOperations.turn(type, site, from), actor);
    changed(actor, type.value(), site, Map.of());
    return operation;
  }

  /**
   * Promises that a site goes.
   *
   * @throws SiteRefused the typed name is another one, or the site is being changed
   */
  @Transactional
  public Operation delete(SiteId id, DeleteSite wanted, Actor actor) {
    var site = lock(id);
    if (!site.domain().equals(typedDomain(wanted.typedName()))) {
      throw new SiteRefused(Reason.NAME_DOES_NOT_MATCH, "typedName");
    }
    var was = site.status();
    site.become(SiteStatus.DELETING, clock.instant());
    var operation = operations.request(SiteOperations.delete(site, was, wanted.purge(),
        properties.retainDeletedDays()), actor);
    changed(actor, "site.delete", site, Map.of("purge", wanted.purge()));
    return operation;
  }

  /**
   * Brings a deleted site back as it was, as long as its server retains it. Its name and its place were free meanwhile:
   * both are taken again, or it is refused.
   *
   * @throws SiteNotFound there is none by that id, or nothing of it is retained
   * @throws SiteRefused the name is not available any more, it is being brought back already, or its server is not ready
   * @throws io.chom.billing.PlanLimitReached the plan has no room for one more
   * @throws io.chom.servers.NoServerAvailable its server is full by now
   */
  public Operation undoDeletion(SiteId id, Actor actor) {
    var server = java.util.Objects.requireNonNull(transaction.execute(status -> sites.find(id.value())
        .orElseThrow(() -> new SiteNotFound(id)).server()));
    PlacedServer place;
    try {
      // outside the transaction, as for a new site
      place = placement.choose(new ServerId(server));
    } catch (ServerNotFound | ServerNotReady _) {
      throw new SiteRefused(Reason.SERVER_NOT_READY, "server");
    }
    return takingTheName(() -> undoDeletion(id, place, actor));
  }

  private Operation undoDeletion(SiteId id, PlacedServer place, Actor actor) {
    plans.requireRoomForOneMoreSite(() -> rows.stats().totalSites());
    var site = sites.lock(id.value()).orElseThrow(() -> new SiteNotFound(id));
    if (site.status() != SiteStatus.DELETED) {
      throw new SiteRefused(Reason.NOT_IN_THIS_STATE, "status");
    }
    if (!site.canComeBack()) {
      throw new SiteNotFound(id);
    }
    placement.take(place);
    site.become(SiteStatus.RESTORING, clock.instant());
    sites.save(site);
    sites.flush();
    var operation = operations.request(SiteOperations.restore(site), actor);
    changed(actor, "site.undo-deletion", site, Map.of());
    return operation;
  }

  /** The tenant's deleted sites that can be brought back, the last deleted first. */
  @Transactional(readOnly = true)
  public List<DeletedSite> deleted(int limit) {
    return rows.deleted(limit);
  }

  /** A page of sites as {@link #page}, and the deleted ones as {@link #deleted}. */
  @Transactional(readOnly = true)
  public SiteListing listing(SiteFilter filter, int deletedLimit) {
    return new SiteListing(rows.page(filter), rows.deleted(deletedLimit));
  }

  /** For how many days a deletion can be undone. */
  public int retainedDays() {
    return properties.retainDeletedDays();
  }

  /**
   * One site of the current tenant.
   *
   * @throws SiteNotFound there is none by that id for this tenant
   */
  @Transactional(readOnly = true)
  public SiteView get(SiteId id) {
    return rows.find(id).orElseThrow(() -> new SiteNotFound(id));
  }

  /** Newest first; ask for one more than is shown to learn whether there is a next page. */
  @Transactional(readOnly = true)
  public List<SiteView> page(SiteFilter filter) {
    return rows.page(filter);
  }

  /** This tenant's sites on one server, newest first. */
  @Transactional(readOnly = true)
  public List<SiteView> on(UUID server, int limit) {
    return rows.on(server, limit);
  }

  /** The tenant's numbers, in one statement. */
  @Transactional(readOnly = true)
  public SiteStats stats() {
    return rows.stats();
  }

  /** Whether a name could be taken now; a later {@link #create} still decides for itself. */
  @Transactional(readOnly = true)
  public boolean available(DomainName domain) {
    return rows.free(domain);
  }

  private Site lock(SiteId id) {
    return sites.lock(id.value()).filter(site -> site.status() != SiteStatus.DELETED)
        .orElseThrow(() -> new SiteNotFound(id));
  }

  private void changed(Actor actor, String action, Site site, Map<String, Object> detail) {
    audit.record(actor, action, "site", site.id(), site.domain(), detail);
    live.changedAfterCommit(TenantContext.current(), SiteTopics.ALL, SiteTopics.site(site.id()));
  }

  private static String typedDomain(String typed) {
    try {
      return DomainName.parse(typed).value();
    } catch (SiteRefused e) {
      return "";
    }
  }

  private static void checkPhp(CreateSite wanted) {
    if (wanted.phpVersion() == null) {
      return;
    }
    if (wanted.type() != SiteType.PHP) {
      throw new SiteRefused(Reason.PHP_VERSION_NOT_FOR_STATIC, "phpVersion");
    }
    if (!PHP_VERSION.matcher(wanted.phpVersion()).matches()) {
      throw new SiteRefused(Reason.PHP_VERSION_UNKNOWN, "phpVersion");
    }
  }
}
