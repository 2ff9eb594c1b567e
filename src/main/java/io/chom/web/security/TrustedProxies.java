package io.chom.web.security;

import java.net.InetAddress;
import java.util.List;
import org.springframework.security.web.util.matcher.IpAddressMatcher;
import org.springframework.stereotype.Component;

/** The proxies whose word is taken for where a request came from. */
@Component
class TrustedProxies {
  private final List<IpAddressMatcher> networks;

  TrustedProxies(WebSecurityProperties settings) {
    networks = settings.trustedProxies().stream().map(String::strip).filter(text -> !text.isEmpty())
        .map(TrustedProxies::network).toList();
  }

  boolean include(String address) {
    return networks.stream().anyMatch(network -> network.matches(address));
  }

  /**
   * Where a request really came from: the last hop in the list that is not one of our proxies. What stands before it
   * was written by whoever asked.
   */
  String origin(String peer, String forwardedFor) {
    var hops = forwardedFor.split(",", -1);
    var origin = peer;
    for (var i = hops.length - 1; i >= 0 && include(origin); i--) {
      var hop = hops[i].strip();
      if (!isAddress(hop)) {
        return origin;
      }
      origin = hop;
    }
    return origin;
  }

  /** A literal, so that nothing is ever looked up for a header. */
  private static boolean isAddress(String text) {
    try {
      return InetAddress.ofLiteral(text) != null;
    } catch (IllegalArgumentException _) {
      return false;
    }
  }

  private static IpAddressMatcher network(String text) {
    try {
      InetAddress.ofLiteral(text.replaceFirst("/.*", ""));
      return new IpAddressMatcher(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException("CHOM_TRUSTED_PROXIES: \"" + text + "\" is not an address or network. Write for"
          + " example 127.0.0.1 or 10.0.0.0/8, separated by commas.", e);
    }
  }
}
