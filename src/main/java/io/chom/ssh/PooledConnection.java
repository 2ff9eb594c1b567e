package io.chom.ssh;

import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A link and who sits on it. Guarded by the pool's lock. */
final class PooledConnection {
  final Link link;
  final ServerPlaces server;
  final Set<PooledLines> lines = new LinkedHashSet<>();
  private final int most;
  private int limit;
  private int taken;
  private boolean retired;
  private Instant lastUsed;
  private @Nullable Channel ahead;

  PooledConnection(Link link, ServerPlaces server, int limit, Instant now) {
    this.link = link;
    this.server = server;
    this.most = limit;
    this.limit = limit;
    this.lastUsed = now;
  }

  /** Whether it can be lent without asking it anything: open, heard of lately, and not full. */
  boolean hasPlace(long mostSilence) {
    return !retired && taken < limit && link.isOpen() && link.silence() < mostSilence;
  }

  void take() {
    taken++;
  }

  void giveBack(Instant now) {
    taken--;
    lastUsed = now;
    if (taken == 0) {
      limit = Math.max(limit, Math.min(most, limit + 1));
    }
  }

  /** The server has fewer sessions than thought. */
  void refused() {
    limit = Math.max(1, Math.min(limit - 1, taken - 1));
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
    return lastUsed;
  }

  @Nullable
  Channel takeAhead() {
    var channel = ahead;
    ahead = null;
    return channel;
  }

  /** Whether one more channel may wait here, already open, for the next command. */
  boolean wantsAhead() {
    return ahead == null && !retired && taken < limit;
  }

  void keepAhead(Channel channel) {
    ahead = channel;
  }
}
