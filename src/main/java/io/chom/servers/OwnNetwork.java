package io.chom.servers;

import io.chom.ssh.HostUnreachable;
import io.chom.ssh.PoolExhausted;
import java.net.ConnectException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Knows whether this node itself is cut off. When most of the servers it looks after, which answered before, cannot be
 * reached at once, it is not all of them that are down. A server that refuses a connection was reached.
 */
@Component
class OwnNetwork {
  /** With fewer servers nothing can be told. */
  private static final int FEWEST = 3;

  private record Seen(Instant at, boolean reached) {}

  /** How many of how many servers were not reached lately, and since when that is too many. */
  record Finding(int unreached, int watched, @Nullable Instant badSince) {}

  private final Map<ServerId, Seen> seen = new HashMap<>();
  private final Duration window;
  private final Clock clock;
  private @Nullable Instant badSince;

  OwnNetwork(ServersProperties properties, Clock clock) {
    this.window = properties.probeEvery().multipliedBy(2).plus(properties.probeLimit());
    this.clock = clock;
  }

  /** Whether a failure may come from the network between: no address, no way, no answer. */
  static boolean blames(Throwable fault) {
    return switch (Sentences.reason(fault)) {
      case HostUnreachable away -> switch (away.layer()) {
        case DNS -> true;
        case TCP -> !refused(away);
        case KEX -> false;
      };
      case PoolExhausted full -> full.connecting();
      default -> false;
    };
  }

  private static boolean refused(Throwable fault) {
    for (Throwable cause = fault; cause != null; cause = cause.getCause()) {
      if (cause instanceof ConnectException
          && Optional.ofNullable(cause.getMessage()).orElse("").toLowerCase(Locale.ROOT).contains("refused")) {
        return true;
      }
    }
    return false;
  }

  synchronized void reached(ServerId server) {
    hear(server, true);
  }

  /** A server that answered before was not reached. */
  synchronized void failed(ServerId server) {
    hear(server, false);
  }

  private void hear(ServerId server, boolean reached) {
    var now = clock.instant();
    seen.put(server, new Seen(now, reached));
    seen.values().removeIf(one -> one.at().plus(window).isBefore(now));
    int unreached = unreached();
    if (badSince == null && seen.size() >= FEWEST && unreached * 4 >= seen.size() * 3) {
      badSince = now;
    } else if (badSince != null && unreached * 2 < seen.size()) {
      badSince = null;
    }
  }

  private int unreached() {
    return (int) seen.values().stream().filter(one -> !one.reached()).count();
  }

  synchronized boolean bad() {
    return badSince != null;
  }

  synchronized Finding finding() {
    return new Finding(unreached(), seen.size(), badSince);
  }
}
