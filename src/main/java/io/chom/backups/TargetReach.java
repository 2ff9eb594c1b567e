package io.chom.backups;

import io.chom.outbound.OutboundGuard;
import io.chom.outbound.OutboundRefused;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.springframework.stereotype.Component;

/** Puts what is known of a place for backups into the words of the agent. */
@Component
class TargetReach {
  static final String HOST_KEY = "host_key";
  static final String ADDRESSES = "addresses";

  /** More are none the surer; the agent takes no more. */
  private static final int MOST_ADDRESSES = 8;
  private static final Pattern KEY_LINE = Pattern.compile("[a-z0-9@.-]{1,64} [A-Za-z0-9+/]{16,2000}={0,2}");

  private final OutboundGuard guard;

  TargetReach(OutboundGuard guard) {
    this.guard = guard;
  }

  /**
   * What somebody typed, judged. Asks the name service: call it outside a transaction.
   *
   * @throws TargetRefused it is not written as a place of its kind, or would be read on the way
   * @throws OutboundRefused nothing may go there
   */
  Judged judge(TargetKind kind, String location) {
    var address = TargetAddress.parse(kind, location);
    if (!kind.typed()) {
      return new Judged(address.location(), false);
    }
    guard.judge(address.host());
    boolean allowed = guard.allowed(address.host());
    if (!address.encrypted() && !allowed) {
      throw new TargetRefused(TargetRefused.Reason.TARGET_NOT_ENCRYPTED, "location");
    }
    return new Judged(address.location(), allowed);
  }

  /** @param isPrivate whether the operator allows the host, public or not */
  record Judged(String location, boolean isPrivate) {}

  /** As the agent names it, without what is a site's own. */
  static String location(TargetRows.Row target) {
    var location = target.location();
    if (location == null) {
      throw new TargetRefused(TargetRefused.Reason.TARGET_NOT_MADE, "target");
    }
    return target.kind() == TargetKind.LOCAL ? "local:" + location : location;
  }

  /** What beside its location says how to get there; nothing secret. */
  Map<String, Object> arguments(TargetRows.Row target) {
    Map<String, Object> arguments = new HashMap<>();
    put(arguments, HOST_KEY, target.hostKey());
    put(arguments, "s3_region", target.region());
    var authorities = target.authorities();
    if (authorities != null) {
      arguments.put("ca_bundle", base64(authorities));
    }
    put(arguments, "upload_kbps", target.uploadKbps());
    put(arguments, "download_kbps", target.downloadKbps());
    var addresses = addresses(target);
    if (!addresses.isEmpty()) {
      arguments.put(ADDRESSES, addresses);
    }
    return arguments;
  }

  private static void put(Map<String, Object> arguments, String name, @org.jspecify.annotations.Nullable Object value) {
    if (value != null) {
      arguments.put(name, value);
    }
  }

  /**
   * The only addresses that may be gone to, for our own servers and for what the operator allows today: the agent, which
   * does not know what is allowed, would have to believe any other that the name has a moment later. What is public it
   * judges by itself.
   */
  private List<String> addresses(TargetRows.Row target) {
    try {
      return addressesOf(target).stream().map(InetAddress::getHostAddress).distinct().limit(MOST_ADDRESSES).toList();
    } catch (OutboundRefused _) {
      // it has no address now: whoever goes there will say so
      return List.of();
    }
  }

  private List<InetAddress> addressesOf(TargetRows.Row target) {
    if (target.kind() == TargetKind.SERVER) {
      return guard.find(TargetAddress.parse(TargetKind.SFTP, location(target)).host());
    }
    if (!target.isPrivate()) {
      return List.of();
    }
    var host = TargetAddress.parse(target.kind(), location(target)).host();
    return guard.allowed(host) ? guard.judge(host) : List.of();
  }

  static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  static boolean isHostKey(String line) {
    return KEY_LINE.matcher(line).matches();
  }

  /** As OpenSSH prints it. */
  static String fingerprint(String line) {
    try {
      var blob = Base64.getDecoder().decode(line.substring(line.indexOf(' ') + 1));
      return "SHA256:" + Base64.getEncoder().withoutPadding()
          .encodeToString(MessageDigest.getInstance("SHA-256").digest(blob));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }
}
