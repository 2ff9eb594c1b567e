package io.chom.web.security;

import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.session.MapSession;
import org.springframework.session.Session;

/** A session as one request sees it: a copy to read, and the kept one, which is changed along where it was reached. */
final class NearSession implements Session {
  private final @Nullable KeptSession kept;
  private final MapSession copy;
  private final String arrivedAs;
  private boolean changed;

  /**
   * @param kept null where it could not be reached
   * @param copy nobody else's
   */
  NearSession(@Nullable KeptSession kept, MapSession copy) {
    this.kept = kept;
    this.copy = copy;
    this.arrivedAs = copy.getId();
  }

  @Nullable
  KeptSession kept() {
    return kept;
  }

  MapSession copy() {
    return copy;
  }

  /** Its id before the request gave it another. */
  String arrivedAs() {
    return arrivedAs;
  }

  /** Whether the request wrote anything but the time of its visit. */
  boolean changed() {
    return changed;
  }

  @Override
  public String getId() { return copy.getId(); }

  /** Only where it is kept: nobody else could find it by its new id. */
  @Override
  public String changeSessionId() {
    if (kept == null) {
      throw new SessionsAway("A session cannot be given another id while Redis is away");
    }
    copy.setId(kept.changeId());
    changed = true;
    return copy.getId();
  }

  @Override
  public <T> @Nullable T getAttribute(String name) {
    return copy.getAttribute(name);
  }

  @Override
  public Set<String> getAttributeNames() { return copy.getAttributeNames(); }

  @Override
  public void setAttribute(String name, @Nullable Object value) {
    if (value == null) {
      removeAttribute(name);
      return;
    }
    changed = true;
    copy.setAttribute(name, value);
    if (kept != null) {
      kept.set(name, value);
    }
  }

  @Override
  public void removeAttribute(String name) {
    changed = true;
    copy.removeAttribute(name);
    if (kept != null) {
      kept.set(name, null);
    }
  }

  @Override
  public Instant getCreationTime() { return copy.getCreationTime(); }

  @Override
  public void setLastAccessedTime(Instant time) {
    copy.setLastAccessedTime(time);
    if (kept != null) {
      kept.seen(time);
    }
  }

  @Override
  public Instant getLastAccessedTime() { return copy.getLastAccessedTime(); }

  @Override
  public void setMaxInactiveInterval(Duration interval) {
    copy.setMaxInactiveInterval(interval);
    if (kept != null) {
      kept.idle(interval);
    }
  }

  @Override
  public Duration getMaxInactiveInterval() { return copy.getMaxInactiveInterval(); }

  /** Where it is kept it is known by another clock than this node's; there it would not have been found. */
  @Override
  public boolean isExpired() { return false; }
}
