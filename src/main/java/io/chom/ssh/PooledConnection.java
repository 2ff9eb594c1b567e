package io.chom.ssh;

import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A link and who sits on it. Guarded by the pool's lock. */
final class PooledConnection {
  final Link link;
  final ServerPlaces server;
  final Traffic traffic;
  final Set<PooledLines> lines = new LinkedHashSet<>();
  private int taken;
  private boolean retired;
  private Instant lastUsed;
  private @Nullable Channel ahead;

  PooledConnection(Link link, ServerPlaces server, Traffic traffic, Instant now) {
    this.link = link;
    this.traffic = traffic;
    this.server = server;
    this.lastUsed = now;
  }

  /** Whether it can be lent without asking it anything: open, heard of lately, and not full. */
  boolean hasPlace(long mostSilence) {
    return !retired && taken < server.limit() && link.isOpen() && link.silence() < mostSilence;
  }

  void take() {
    taken++;
  }

  void giveBack(Instant now) {
    taken--;
    lastUsed = now;
    if (onlyLines()) {
      server.doubt(now);
    }
  }

  /**
   * The server has fewer sessions than thought.
   *
   * @return whether it refused the only one, so that waiting for the others to end is no cure
   */
  boolean refused(Instant now) {
    server.learn(taken, now);
    return taken == 1;
  }

  /** It is lent no more. */
  void retire() {
    retired = true;
  }

  boolean retired() {
    return retired;
  }

  boolean idle() {
    return taken == 0;
  }

  /** Whether everyone on it is a line channel, and may be asked to leave. */
  boolean onlyLines() {
    return taken == lines.size();
  }

  /** Nobody needs it: no channel on it, or only line channels that were quiet as long and agree to end. */
  boolean unusedSince(Instant moment) {
    return lastUsed.isBefore(moment) && onlyLines() && lines.stream().allMatch(line -> line.quietSince(moment))
        && lines.stream().allMatch(PooledLines::makeWay);
  }

  int taken() {
    return taken;
  }

  Instant lastUsed() {
    return lines.stream().map(PooledLines::lastUsed).filter(lastUsed::isBefore).max(Comparator.naturalOrder())
        .orElse(lastUsed);
  }

  @Nullable
  Channel takeAhead() {
    var channel = ahead;
    ahead = null;
    return channel;
  }

  /** Whether one more channel may wait here, already open, for the next command. */
  boolean wantsAhead() {
    return ahead == null && !retired && taken < server.limit();
  }

  void keepAhead(Channel channel) {
    ahead = channel;
  }
}
