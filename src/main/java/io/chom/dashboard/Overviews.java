package io.chom.dashboard;

import io.chom.billing.Plans;
import io.chom.operations.Operations;
import io.chom.sites.SiteFilter;
import io.chom.sites.Sites;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/** Assembles the current tenant's overview: four statements, whatever the tenant's size. */
@Service
public class Overviews {
  private static final int RECENT_SITES = 5;
  private static final int OPERATIONS = 10;

  private final Sites sites;
  private final Operations operations;
  private final Plans plans;

  Overviews(Sites sites, Operations operations, Plans plans) {
    this.sites = sites;
    this.operations = operations;
    this.plans = plans;
  }

  /** The overview as it is now. */
  @Transactional(readOnly = true)
  public Overview now() {
    return new Overview(sites.stats(), plans.current(), sites.page(new SiteFilter(null, null, null, RECENT_SITES)),
        operations.unfinished(OPERATIONS));
  }
}
