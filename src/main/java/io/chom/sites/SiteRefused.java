package io.chom.sites;

import io.chom.common.RequestRefused;

/** What was asked of a site cannot be done as it was asked. */
public class SiteRefused extends RequestRefused {
  /** Why, with a sentence that says what to do. */
  public enum Reason {
    DOMAIN_EMPTY("Give the name the site shall answer to, for example shop.example.org"), DOMAIN_TOO_LONG(
        "A domain name has at most 253 characters; give a shorter one"), DOMAIN_LABEL_TOO_LONG(
            "Each part of a domain name has at most 63 characters; give a shorter one"), DOMAIN_CHARACTERS(
                "A domain name has letters, digits and hyphens between its dots, and no part begins or ends with"
                    + " a hyphen; give it without http:// and without a path"), DOMAIN_WILDCARD(
                        "A site needs a name of its own; give one without *"), DOMAIN_ONE_LABEL(
                            "Give the whole name with its ending, for example shop.example.org"), DOMAIN_RESERVED(
                                "Names with this ending are kept for private networks; give a public name"), DOMAIN_IS_ADDRESS(
                                    "That is an address; give a name"),
    /** Somebody has it already; whether this tenant or another is not told. */
    DOMAIN_NOT_AVAILABLE("This name is not available; give another one"), IDEMPOTENCY_KEY_REUSED(
        "This key was sent with another request before; use a new key for each request"), UNKNOWN_TYPE(
            "A site's type is static or php"), PHP_VERSION_UNKNOWN(
                "A PHP version looks like 8.2; leave it away for the server's own"), PHP_VERSION_NOT_FOR_STATIC(
                    "A static site has no PHP; leave the version away, or choose the type php"), NAME_DOES_NOT_MATCH(
                        "That is not this site's name; type its name to confirm"), NOT_IN_THIS_STATE(
                            "The site is being changed, or is not in a state that allows this; wait for its operation to end"), DOMAIN_NOT_PROVEN(
                                "The domain does not lead to the site's server yet. Let it lead there, or add the text"
                                    + " record that GET /api/v1/sites/{id}/certificates names, and try again when name"
                                    + " servers show it"), NOT_PUBLIC(
                                        "Let's Encrypt cannot reach a site on this machine; set CHOM_ACME_DIRECTORY to an"
                                            + " ACME server that can"), CERTIFICATE_ON_ITS_WAY(
                                                "A certificate has been asked for already; wait for its operation to end"), SERVER_NOT_READY(
                                                    "The site's server is not ready at the moment; try again once it answers"), HALF_RESTORED(
                                                        "A restore of this site failed half-way; restore it again, from the same backup or"
                                                            + " another one"), CHANGED_SINCE(
                                                                "This can no longer be undone: it is too long ago, or the site has changed since");

    private final String advice;

    Reason(String advice) {
      this.advice = advice;
    }
  }

  private final Reason reason;

  public SiteRefused(Reason reason, String field) {
    super("site", reason, reason.advice, field);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
