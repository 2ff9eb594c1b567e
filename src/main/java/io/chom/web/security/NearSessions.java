package io.chom.web.security;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.session.MapSession;
import org.springframework.session.SessionRepository;

/**
 * Keeps sessions where all nodes find them, and a copy of those that this node saw lately, so that people who are
 * signed in can go on while the common place is away.
 *
 * <p>The common place is always asked first: a copy is used only while it does not answer. What a request changes
 * meanwhile stays in the copy, and is written through at the first visit after its return. New sessions need the
 * common place, so signing in has to wait for it.
 */
final class NearSessions implements SessionRepository<NearSession> {
  private static final int MOST = 50_000;

  /**
   * @param session null for one that ended here, while the common place could not be told
   * @param unwritten whether the common place has not seen its changes
   */
  private record Copy(@Nullable MapSession session, boolean unwritten) {
    static final Copy ENDED = new Copy(null, true);
  }

  private final RedisSessions common;
  private final Reachability reach;
  private final Cache<String, Copy> copies;

  NearSessions(RedisSessions common, Reachability reach, Duration idle) {
    this.common = common;
    this.reach = reach;
    this.copies = Caffeine.newBuilder().maximumSize(MOST).expireAfterAccess(idle).build();
  }

  @Override
  public NearSession createSession() {
    // written now rather than when the request ends, which is in the middle of a page
    var fresh = common.create();
    reach.ask(() -> common.save(fresh));
    return new NearSession(fresh, new MapSession(fresh.values()));
  }

  @Override
  public @Nullable NearSession findById(String id) {
    try {
      return reach.ask(() -> found(id));
    } catch (SessionsAway e) {
      var copy = copies.getIfPresent(id);
      if (copy == null) {
        throw e;
      }
      var session = copy.session();
      return session == null ? null : new NearSession(null, new MapSession(session));
    }
  }

  private @Nullable NearSession found(String id) {
    var kept = common.find(id);
    if (kept == null) {
      copies.invalidate(id);
      return null;
    }
    var copy = copies.getIfPresent(id);
    if (copy != null && copy.session() == null) {
      common.delete(id);
      copies.invalidate(id);
      return null;
    }
    if (copy != null && copy.unwritten()) {
      writeThrough(Objects.requireNonNull(copy.session()), kept);
    }
    var now = new MapSession(kept.values());
    copies.put(id, new Copy(new MapSession(now), false));
    return new NearSession(kept, now);
  }

  private void writeThrough(MapSession copy, KeptSession kept) {
    copy.getAttributeNames().forEach(name -> kept.set(name, copy.getRequiredAttribute(name)));
    kept.names().stream().filter(name -> !copy.getAttributeNames().contains(name))
        .forEach(name -> kept.set(name, null));
    common.save(kept);
  }

  @Override
  public void save(NearSession session) {
    if (!session.getId().equals(session.arrivedAs())) {
      copies.invalidate(session.arrivedAs());
    }
    switch (write(session)) {
      case WRITTEN -> copies.put(session.getId(), new Copy(new MapSession(session.copy()), false));
      // somebody signed out while this request was under way
      case ENDED -> copies.invalidate(session.getId());
      case UNWRITTEN -> {
        var before = copies.getIfPresent(session.getId());
        boolean unwritten = session.changed() || before != null && before.unwritten();
        copies.put(session.getId(), new Copy(new MapSession(session.copy()), unwritten));
      }
    }
  }

  private enum Write {
    WRITTEN, ENDED, UNWRITTEN
  }

  private Write write(NearSession session) {
    var kept = session.kept();
    if (kept == null) {
      return Write.UNWRITTEN;
    }
    try {
      return Boolean.TRUE.equals(reach.ask(() -> common.save(kept))) ? Write.WRITTEN : Write.ENDED;
    } catch (SessionsAway e) {
      if (copies.getIfPresent(session.getId()) == null) {
        throw e;
      }
      return Write.UNWRITTEN;
    }
  }

  /** While the common place is away, what makes other nodes refuse it is the end in the database ({@link SignOut}). */
  @Override
  public void deleteById(String id) {
    copies.put(id, Copy.ENDED);
    try {
      reach.ask(() -> {
        common.delete(id);
        copies.invalidate(id);
        return true;
      });
    } catch (SessionsAway _) {
      // deleted there when somebody shows it again, or by its own age
    }
  }
}
