package io.chom.dashboard;

import io.chom.billing.Plan;
import io.chom.billing.Plans;
import io.chom.cache.CacheKey;
import io.chom.cache.CacheName;
import io.chom.cache.CacheValues;
import io.chom.cache.TenantCache;
import io.chom.operations.Operation;
import io.chom.operations.Operations;
import io.chom.sites.SiteFilter;
import io.chom.sites.SiteStats;
import io.chom.sites.SiteView;
import io.chom.sites.Sites;
import io.chom.tenancy.TenantContext;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionTemplate;

/** Assembles the current tenant's overview: four statements, whatever the tenant's size, and none while nothing changes. */
@Service
public class Overviews {
  private static final int RECENT_SITES = 5;
  private static final int OPERATIONS = 10;

  private final Sites sites;
  private final Operations operations;
  private final Plans plans;
  private final TenantCache cache;
  private final TransactionTemplate transaction;

  /** The four parts, each as old as its cache lets it be. */
  private record Keys(CacheKey<SiteStats> stats, CacheKey<Plan> plan, CacheKey<Recent> recent,
      CacheKey<Running> running) {
    static Keys here() {
      var tenant = TenantContext.current();
      return new Keys(CacheKey.of(CacheName.DASHBOARD_STATS, tenant, SiteStats.class),
          CacheKey.of(CacheName.TIER_LIMITS, tenant, Plan.class),
          CacheKey.of(CacheName.RECENT_SITES, tenant, Recent.class),
          CacheKey.of(CacheName.RUNNING_OPERATIONS, tenant, Running.class));
    }

    List<CacheKey<?>> all() {
      return List.of(stats, plan, recent, running);
    }
  }

  record Recent(List<SiteView> sites) {}

  record Running(List<Operation> operations) {}

  Overviews(Sites sites, Operations operations, Plans plans, TenantCache cache, TransactionTemplate transaction) {
    this.sites = sites;
    this.operations = operations;
    this.plans = plans;
    this.cache = cache;
    this.transaction = transaction;
  }

  /** The overview as it is now. */
  public Overview now() {
    var keys = Keys.here();
    var values = cache.all(keys.all(),
        missing -> Objects.requireNonNull(transaction.execute(status -> read(keys, missing))));
    return new Overview(values.get(keys.stats()), values.get(keys.plan()), values.get(keys.recent()).sites(),
        values.get(keys.running()).operations());
  }

  private CacheValues read(Keys keys, Set<CacheKey<?>> missing) {
    var read = new CacheValues();
    if (missing.contains(keys.stats())) {
      read.with(keys.stats(), sites.stats());
    }
    if (missing.contains(keys.plan())) {
      read.with(keys.plan(), plans.current());
    }
    if (missing.contains(keys.recent())) {
      read.with(keys.recent(), new Recent(sites.page(new SiteFilter(null, null, null, RECENT_SITES))));
    }
    if (missing.contains(keys.running())) {
      read.with(keys.running(), new Running(operations.unfinished(OPERATIONS)));
    }
    return read;
  }
}
