package io.chom.sites;

/**
 * How the owner of a domain shows that it is theirs to serve from here: it leads to the server, or a text says so.
 *
 * @param pointsTo the address or name to which the domain shall lead
 */
public record DomainProof(String domain, String pointsTo, String textName, String textValue) {
  static DomainProof of(SiteView site) {
    return new DomainProof(site.domain(), host(site.publicHost()), "_chom." + site.domain(), "chom-site=" + site.id());
  }

  /** The demo server's public host carries the port on which its sites answer. */
  private static String host(String publicHost) {
    int colon = publicHost.indexOf(':');
    return colon >= 0 && colon == publicHost.lastIndexOf(':') ? publicHost.substring(0, colon) : publicHost;
  }
}
