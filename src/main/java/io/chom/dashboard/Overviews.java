package io.chom.dashboard;

import io.chom.billing.Plans;
import io.chom.operations.Operations;
import io.chom.sites.SiteFilter;
import io.chom.sites.Sites;
import io.chom.tenancy.TenantContext;
import java.util.Objects;
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
  private final NearOverviews near;
  private final TransactionTemplate transaction;

  Overviews(Sites sites, Operations operations, Plans plans, NearOverviews near, TransactionTemplate transaction) {
    this.sites = sites;
    this.operations = operations;
    this.plans = plans;
    this.near = near;
    this.transaction = transaction;
  }

  /** The overview as it is now. */
  public Overview now() {
    return near.get(TenantContext.current(), () -> Objects.requireNonNull(transaction.execute(status -> read())));
  }

  private Overview read() {
    return new Overview(sites.stats(), plans.current(), sites.page(new SiteFilter(null, null, null, RECENT_SITES)),
        operations.unfinished(OPERATIONS));
  }
}
