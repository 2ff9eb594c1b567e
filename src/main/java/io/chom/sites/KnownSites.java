package io.chom.sites;

import io.chom.live.LiveEvents;
import io.chom.tenancy.TenantContext;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/**
 * The current tenant's sites for the rooms that do something for one: they hold it while they promise a change, so that
 * its changes come one after the other whichever room makes them, and they change its status through here alone.
 */
@Service
public class KnownSites {
  private final SiteRepository sites;
  private final SiteRows rows;
  private final LiveEvents live;
  private final Clock clock;

  KnownSites(SiteRepository sites, SiteRows rows, LiveEvents live, Clock clock) {
    this.sites = sites;
    this.rows = rows;
    this.live = live;
    this.clock = clock;
  }

  /** One site, deleted or not; empty where this tenant never had it. */
  @Transactional(readOnly = true)
  public Optional<KnownSite> find(SiteId id) {
    return sites.find(id.value()).map(KnownSite::of);
  }

  /**
   * Holds a site, deleted or not, until the transaction ends.
   *
   * @throws SiteNotFound this tenant never had it
   */
  @Transactional(propagation = Propagation.MANDATORY)
  public KnownSite hold(SiteId id) {
    return KnownSite.of(lock(id));
  }

  /** Those that are there, by domain. */
  @Transactional(readOnly = true)
  public List<SiteName> names(int limit) {
    return rows.names(limit);
  }

  /**
   * A site's content is about to be replaced. Also the way out for one whose last replacement ended between two states.
   *
   * @return the site as it was
   * @throws SiteRefused it is being changed, or is not there
   */
  @Transactional(propagation = Propagation.MANDATORY)
  public KnownSite beginRestore(SiteId id) {
    var site = lock(id);
    var was = KnownSite.of(site);
    if (!was.settled() && was.status() != SiteStatus.FAILED) {
      throw new SiteRefused(SiteRefused.Reason.NOT_IN_THIS_STATE, "status");
    }
    site.become(SiteStatus.RESTORING, clock.instant());
    sites.save(site);
    announce(id);
    return was;
  }

  /**
   * As {@link #beginRestore}, for a site that was made to be restored into, when its turn comes: asked again it is no
   * other answer.
   *
   * @return whether the site is there for it; empty as long as it is still being made
   */
  @Transactional
  public Optional<Boolean> beginFirstRestore(SiteId id) {
    var site = lock(id);
    if (site.status() == SiteStatus.PROVISIONING) {
      return Optional.empty();
    }
    if (site.status() == SiteStatus.ACTIVE || site.status() == SiteStatus.DISABLED) {
      site.become(SiteStatus.RESTORING, clock.instant());
      sites.save(site);
      announce(id);
    }
    return Optional.of(site.status() == SiteStatus.RESTORING);
  }

  /** It is whole again: open or closed, as its server says. */
  @Transactional(propagation = Propagation.MANDATORY)
  public void restored(SiteId id, boolean closed) {
    settle(id, (site, now) -> site.become(closed ? SiteStatus.DISABLED : SiteStatus.ACTIVE, now));
  }

  /** From here on its content may be of two times, until it is whole again. */
  @Transactional
  public void touched(SiteId id) {
    settle(id, (site, now) -> site.touched());
  }

  /** Its server says that it has replaced nothing and opened it again. What was wrong with it before still is. */
  @Transactional(propagation = Propagation.MANDATORY)
  public void leftAlone(SiteId id, SiteStatus was) {
    if (was != SiteStatus.FAILED) {
      settle(id, (site, now) -> site.leftAlone());
    }
  }

  /**
   * Its content was not replaced. Where nothing of it was touched it is what it was; else it is not called anything better
   * than failed until it is whole.
   *
   * @param unknown whether nobody can say that nothing was touched
   * @return whether it may be between two states
   */
  @Transactional(propagation = Propagation.MANDATORY)
  public boolean notRestored(SiteId id, SiteStatus was, boolean unknown, String sentence) {
    if (unknown) {
      touched(id);
    }
    settle(id, (site, now) -> {
      if (site.isHalfRestored()) {
        site.fail(sentence, now);
      } else {
        site.stays(was, now);
      }
    });
    return lock(id).isHalfRestored();
  }

  private void settle(SiteId id, BiConsumer<Site, Instant> change) {
    sites.lock(id.value()).filter(site -> site.status() == SiteStatus.RESTORING).ifPresent(site -> {
      change.accept(site, clock.instant());
      sites.save(site);
    });
    announce(id);
  }

  private Site lock(SiteId id) {
    return sites.lock(id.value()).orElseThrow(() -> new SiteNotFound(id));
  }

  private void announce(SiteId id) {
    live.changedAfterCommit(TenantContext.current(), SiteTopics.ALL, SiteTopics.site(id.value()));
  }
}
