package io.chom.web.security;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.session.MapSession;

/** A session as it lies in Redis, with what has been changed since it was read. */
final class KeptSession {
  static final String CREATED = "creationTime";
  static final String SEEN = "lastAccessedTime";
  static final String IDLE = "maxInactiveInterval";
  static final String ATTRIBUTE = "sessionAttr:";

  private final MapSession values;
  private final Map<String, @Nullable Object> changes = new TreeMap<>();
  private boolean fresh;
  private String keptAs;

  private KeptSession(MapSession values, boolean fresh) {
    this.values = values;
    this.fresh = fresh;
    this.keptAs = values.getId();
  }

  static KeptSession create(Duration idle) {
    var session = new KeptSession(new MapSession(), true);
    session.idle(idle);
    session.changes.put(CREATED, session.values.getCreationTime().toEpochMilli());
    session.seen(session.values.getLastAccessedTime());
    return session;
  }

  /** @return null for what is no whole session */
  static @Nullable KeptSession of(String id, Map<Object, Object> fields) {
    if (!(fields.get(CREATED) instanceof Long created) || !(fields.get(SEEN) instanceof Long seen)
        || !(fields.get(IDLE) instanceof Integer idle)) {
      return null;
    }
    var values = new MapSession(id);
    values.setCreationTime(Instant.ofEpochMilli(created));
    values.setLastAccessedTime(Instant.ofEpochMilli(seen));
    values.setMaxInactiveInterval(Duration.ofSeconds(idle));
    fields.forEach((name, value) -> {
      if (name.toString().startsWith(ATTRIBUTE)) {
        values.setAttribute(name.toString().substring(ATTRIBUTE.length()), value);
      }
    });
    return new KeptSession(values, false);
  }

  MapSession values() {
    return values;
  }

  /** By field; null for one that is taken away. */
  Map<String, @Nullable Object> changes() {
    return changes;
  }

  /** Whether nothing of it lies in Redis yet. */
  boolean fresh() {
    return fresh;
  }

  /** The id under which it lies there. */
  String keptAs() {
    return keptAs;
  }

  void written() {
    fresh = false;
    keptAs = values.getId();
    changes.clear();
  }

  void set(String name, @Nullable Object value) {
    values.setAttribute(name, value);
    changes.put(ATTRIBUTE + name, value);
  }

  Set<String> names() {
    return Set.copyOf(values.getAttributeNames());
  }

  void seen(Instant time) {
    values.setLastAccessedTime(time);
    changes.put(SEEN, time.toEpochMilli());
  }

  void idle(Duration interval) {
    values.setMaxInactiveInterval(interval);
    changes.put(IDLE, (int) interval.toSeconds());
  }

  String changeId() {
    return values.changeSessionId();
  }
}
