package io.chom.outbound;

import io.chom.common.RequestRefused;

/** Nothing goes to this host on a customer's word. */
public class OutboundRefused extends RequestRefused {
  /** Why, with a sentence that says what to do. */
  public enum Reason {
    HOST_UNKNOWN("This host's name has no address; check how it is written"),
    /** Loopback, private, link-local and the like: there live the services of whoever runs the panel. */
    HOST_NOT_PUBLIC("This host's address is not a public one; name another host, or ask whoever runs this panel to"
        + " allow it (CHOM_OUTBOUND_ALLOW)");

    private final String advice;

    Reason(String advice) {
      this.advice = advice;
    }
  }

  private final Reason reason;

  OutboundRefused(Reason reason) {
    super("outbound", reason, reason.advice, "host");
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
