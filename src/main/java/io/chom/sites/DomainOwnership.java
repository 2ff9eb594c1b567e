package io.chom.sites;

import io.chom.sites.SiteRefused.Reason;
import java.net.InetAddress;
import java.util.Collections;
import org.springframework.stereotype.Component;

/** Nobody gets a certificate for a domain that is not theirs to serve. */
@Component
class DomainOwnership {
  private final NameLookup names;
  private final AcmeProperties acme;

  DomainOwnership(NameLookup names, AcmeProperties acme) {
    this.names = names;
    this.acme = acme;
  }

  /**
   * Asks the name servers, for some seconds at most; call it outside a transaction.
   *
   * @throws SiteRefused the domain leads elsewhere and no text claims it, or nobody outside could ever see the site
   */
  void require(SiteView site) {
    var proof = DomainProof.of(site);
    var here = names.addresses(proof.pointsTo());
    if (!here.isEmpty() && here.stream().allMatch(InetAddress::isLoopbackAddress)) {
      // no name out there can lead to this very machine, and nobody but this machine can see what it serves
      if (acme.isPublic()) {
        throw new SiteRefused(Reason.NOT_PUBLIC, "domain");
      }
      return;
    }
    if (Collections.disjoint(here, names.addresses(proof.domain()))
        && !names.texts(proof.textName()).contains(proof.textValue())) {
      throw new SiteRefused(Reason.DOMAIN_NOT_PROVEN, "domain");
    }
  }
}
