package io.chom.sites;

import io.chom.audit.Audit;
import io.chom.common.Actor;
import io.chom.operations.Operations;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/** Ends the time for which deleted sites are retained. */
@Service
public class Retention {
  /** When a removal that failed is tried again. */
  private static final Duration AGAIN = Duration.ofHours(1);

  private final SiteRepository sites;
  private final Operations operations;
  private final Audit audit;
  private final Clock clock;

  Retention(SiteRepository sites, Operations operations, Audit audit, Clock clock) {
    this.sites = sites;
    this.operations = operations;
    this.audit = audit;
    this.clock = clock;
  }

  /**
   * Promises that what is retained of one of the current tenant's sites goes for good, if its time is over. Nodes that ask
   * together promise it once.
   *
   * @return whether it was promised
   */
  @Transactional
  public boolean end(SiteId id) {
    var site = sites.lock(id.value()).orElse(null);
    var now = clock.instant();
    if (site == null || !site.isOver(now) || unfinished(id)) {
      return false;
    }
    site.purge(now.plus(AGAIN));
    sites.save(site);
    operations.request(SiteOperations.purge(site), Actor.PANEL);
    audit.record(Actor.PANEL, "site.purge", "site", site.id(), site.domain(), Map.of());
    return true;
  }

  private boolean unfinished(SiteId id) {
    return operations.page(null, id.value(), null, 1).stream().anyMatch(last -> !last.status().ended());
  }
}
