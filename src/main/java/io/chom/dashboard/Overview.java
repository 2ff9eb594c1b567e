package io.chom.dashboard;

import io.chom.billing.Plan;
import io.chom.operations.Operation;
import io.chom.sites.SiteStats;
import io.chom.sites.SiteView;
import java.util.List;

/** How a tenant is doing, at a glance. */
public record Overview(SiteStats stats, Plan plan, List<SiteView> recentSites, List<Operation> running) {}
