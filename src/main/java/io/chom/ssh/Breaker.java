package io.chom.ssh;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Keeps callers from a server that cannot be reached. Only faults on the way count: whoever is refused by its server, for
 * the login or the host key, has reached it. All logins at one address share one. Guarded by the pool's lock.
 */
final class Breaker {
  private final int most;
  private final Pause closed;
  private final Pause open;
  private int faults;
  private int trying;
  private @Nullable SshException last;

  Breaker(SshProperties properties) {
    this.most = properties.breakerFaults();
    this.closed = new Pause(properties.backOff(), properties.maxBackOff());
    this.open = new Pause(properties.breakerOpen(), properties.maxBackOff());
  }

  SshCircuit state() {
    return faults < most ? SshCircuit.CLOSED : trying > 0 || open.over() ? SshCircuit.HALF_OPEN : SshCircuit.OPEN;
  }

  /** What a caller is told instead of waiting for a try; null if a try is due, or one that he may join is under way. */
  @Nullable
  SshException refuses() {
    if (last == null || trying > 0 && faults < most) {
      return null;
    }
    return trying > 0 || !rested() ? last : null;
  }

  /** Whether somebody may try now; half open, only one at a time. */
  boolean mayTry() {
    return rested() && !(trying > 0 && faults >= most);
  }

  private boolean rested() {
    return faults < most ? closed.over() : open.over();
  }

  Duration untilNextTry() {
    return faults < most ? closed.left() : open.left();
  }

  void trying() {
    trying++;
  }

  /** The try says nothing of the way there. */
  void spared() {
    trying--;
  }

  void reached() {
    trying--;
    forget();
  }

  void forget() {
    faults = 0;
    last = null;
    closed.forget();
    open.forget();
  }

  /** @return whether this fault opened it */
  boolean fault(SshException why) {
    trying--;
    last = why;
    faults++;
    (faults < most ? closed : open).begin();
    return faults == most;
  }

  int faults() {
    return faults;
  }

  /** Nothing to remember. */
  boolean healthy() {
    return faults == 0 && trying == 0;
  }
}
