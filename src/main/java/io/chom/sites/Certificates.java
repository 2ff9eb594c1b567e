package io.chom.sites;

import static java.util.Objects.requireNonNull;

import io.chom.audit.Audit;
import io.chom.common.Actor;
import io.chom.live.LiveEvents;
import io.chom.operations.Lane;
import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.Operations;
import io.chom.sites.SiteRefused.Reason;
import io.chom.tenancy.TenantContext;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

/** The certificates of the current tenant's sites: asked for by people, renewed by the clock. */
@Service
public class Certificates {
  private final SiteRepository sites;
  private final SiteRows rows;
  private final CertificateRows certificates;
  private final DomainOwnership ownership;
  private final AcmeProperties acme;
  private final Operations operations;
  private final Audit audit;
  private final LiveEvents live;
  private final TransactionTemplate transaction;
  private final Clock clock;

  Certificates(SiteRepository sites, SiteRows rows, CertificateRows certificates, DomainOwnership ownership,
      AcmeProperties acme, Operations operations, Audit audit, LiveEvents live, TransactionTemplate transaction,
      Clock clock) {
    this.sites = sites;
    this.rows = rows;
    this.certificates = certificates;
    this.ownership = ownership;
    this.acme = acme;
    this.operations = operations;
    this.audit = audit;
    this.live = live;
    this.transaction = transaction;
    this.clock = clock;
  }

  /**
   * Promises the site its first certificate, or a new one where it has one.
   *
   * @throws SiteNotFound there is none by that id for this tenant
   * @throws SiteRefused the domain is not shown to lead here, the site is not ready, or one is being asked for already
   */
  public Operation ask(SiteId id, Actor actor) {
    var unproven = requireNonNull(transaction.execute(status -> unproven(view(id))));
    unproven.ifPresent(ownership::require);
    return requireNonNull(transaction.execute(status -> ask(lock(id), Lane.INTERACTIVE, actor)));
  }

  /**
   * What the clock does with a certificate that is due: asks for a new one, unless that has been done, or the site is
   * not there to answer.
   *
   * @return whether one was asked for
   */
  @Transactional
  public boolean renew(SiteId id) {
    var site = sites.lock(id.value()).orElse(null);
    if (site == null || !certifiable(site)
        || certificates.of(id.value()).map(CertificateView::status).orElse(null) != CertificateStatus.ACTIVE) {
      return false;
    }
    ask(site, Lane.SCHEDULED, Actor.PANEL);
    return true;
  }

  /** The site's certificate; empty while none was ever asked for. */
  @Transactional(readOnly = true)
  public Optional<CertificateView> of(SiteId id) {
    return certificates.of(view(id).id().value());
  }

  /** What shows that the site's domain may be served from here. */
  @Transactional(readOnly = true)
  public DomainProof proof(SiteId id) {
    return DomainProof.of(view(id));
  }

  /** A site with a certificate has shown it once, and whoever signs looks anew each time. */
  private Optional<SiteView> unproven(SiteView site) {
    return certificates.of(site.id().value()).filter(one -> one.status().served()).isPresent()
        ? Optional.empty()
        : Optional.of(site);
  }

  private Operation ask(Site site, Lane lane, Actor actor) {
    var status = certificates.of(site.id()).map(CertificateView::status).orElse(null);
    var next = status == CertificateStatus.ACTIVE ? CertificateStatus.RENEWING : CertificateStatus.ISSUING;
    if (!certifiable(site)) {
      throw new SiteRefused(Reason.NOT_IN_THIS_STATE, "status");
    }
    if (status != null && !status.next().contains(next)) {
      throw new SiteRefused(Reason.CERTIFICATE_ON_ITS_WAY, "status");
    }
    var wanted = wanted(site, next, lane);
    var operation = operations.request(wanted, actor);
    certificates.asked(site.id(), next, clock.instant());
    audit.record(actor, wanted.type().value(), "site", site.id(), site.domain(), Map.of());
    live.changedAfterCommit(TenantContext.current(), SiteTopics.site(site.id()));
    return operation;
  }

  /** The first certificate once more, after it was refused. */
  NewOperation again(Operation failed) {
    var site = lock(new SiteId(failed.subject().id()));
    if (!certifiable(site)
        || certificates.of(site.id()).map(CertificateView::status).orElse(null) != CertificateStatus.FAILED) {
      throw new SiteRefused(Reason.NOT_IN_THIS_STATE, "status");
    }
    certificates.asked(site.id(), CertificateStatus.ISSUING, clock.instant());
    return wanted(site, CertificateStatus.ISSUING, Lane.INTERACTIVE);
  }

  private NewOperation wanted(Site site, CertificateStatus next, Lane lane) {
    return SiteOperations.certificate(next == CertificateStatus.RENEWING
        ? SiteOperations.RENEW_CERTIFICATE
        : SiteOperations.ISSUE_CERTIFICATE, site, lane, acme.arguments());
  }

  private static boolean certifiable(Site site) {
    return site.status() == SiteStatus.ACTIVE || site.status() == SiteStatus.DISABLED;
  }

  private SiteView view(SiteId id) {
    return rows.find(id).orElseThrow(() -> new SiteNotFound(id));
  }

  private Site lock(SiteId id) {
    return sites.lock(id.value()).filter(site -> site.status() != SiteStatus.DELETED)
        .orElseThrow(() -> new SiteNotFound(id));
  }
}
