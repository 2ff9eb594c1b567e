package io.chom.metrics;

import io.chom.sites.SiteId;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;

/** When the current tenant's sites were last backed up. */
public interface SiteBackupTimes {
  /** The end of the last success of each; a site without one is missing. */
  Map<SiteId, Instant> lastSuccess(Collection<SiteId> sites);
}
