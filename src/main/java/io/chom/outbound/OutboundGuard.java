package io.chom.outbound;

import io.chom.outbound.OutboundRefused.Reason;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.springframework.stereotype.Component;

/**
 * Keeps customers from having the panel or a server call what is not on the public Internet: loopback, private and
 * link-local addresses, and with them the metadata services of clouds. Whoever connects must do so to an address
 * judged here, not to the name: a name may mean another address a moment later.
 *
 * @see <a href="https://www.iana.org/assignments/iana-ipv4-special-registry">IANA's special-purpose IPv4 addresses</a>
 * @see <a href="https://www.iana.org/assignments/iana-ipv6-special-registry">IANA's special-purpose IPv6 addresses</a>
 */
@Component
public class OutboundGuard {
  /** IPv4 that is not globally reachable, and 192.88.99.0/24, the relays of 6to4. */
  private static final List<Network> NOT_PUBLIC_4 = networks("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8",
      "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
      "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4");

  /** Of IPv6 only this is handed out ... */
  private static final Network GLOBAL_6 = Network.of("2000::/3");

  /** ... and of that not this; in 2001::/32 and 2002::/16 an IPv4 address hides. */
  private static final List<Network> NOT_PUBLIC_6 = networks("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20");

  private final Set<String> names = new HashSet<>();
  private final List<Network> networks = new ArrayList<>();

  OutboundGuard(OutboundProperties properties) {
    for (var entry : properties.allow()) {
      if (entry.matches("[0-9.]+|.*[:/].*")) {
        networks.add(Network.of(entry));
      } else {
        names.add(entry.toLowerCase(Locale.ROOT));
      }
    }
  }

  /**
   * The addresses of a host, all of which may be gone to. Asks the name service, which may take seconds.
   *
   * @param host a name or a literal address, an IPv6 one with or without brackets
   * @throws OutboundRefused it has no address, or one that is not public and not allowed by the operator
   */
  public List<InetAddress> judge(String host) {
    var found = addresses(host);
    if (!names.contains(host.toLowerCase(Locale.ROOT)) && !found.stream().allMatch(this::mayBeReached)) {
      throw new OutboundRefused(Reason.HOST_NOT_PUBLIC);
    }
    return found;
  }

  /**
   * The addresses of a host that no customer named, such as a server of the panel's own: they are not judged.
   *
   * @throws OutboundRefused it has none
   */
  public List<InetAddress> find(String host) {
    return addresses(host);
  }

  /**
   * Whether the operator allowed this host, public or not: what he runs himself may be called without TLS.
   *
   * @throws OutboundRefused it has no address
   */
  public boolean allowed(String host) {
    return names.contains(host.toLowerCase(Locale.ROOT)) || addresses(host).stream().allMatch(this::allowed);
  }

  private boolean mayBeReached(InetAddress address) {
    return isPublic(address) || allowed(address);
  }

  private boolean allowed(InetAddress address) {
    return networks.stream().anyMatch(network -> network.contains(address));
  }

  private static boolean isPublic(InetAddress address) {
    return address.getAddress().length == 4
        ? NOT_PUBLIC_4.stream().noneMatch(network -> network.contains(address))
        : GLOBAL_6.contains(address) && NOT_PUBLIC_6.stream().noneMatch(network -> network.contains(address));
  }

  private static List<InetAddress> addresses(String host) {
    try {
      return List.of(InetAddress.getAllByName(host));
    } catch (UnknownHostException _) {
      throw new OutboundRefused(Reason.HOST_UNKNOWN);
    }
  }

  private static List<Network> networks(String... texts) {
    return Stream.of(texts).map(Network::of).toList();
  }
}
