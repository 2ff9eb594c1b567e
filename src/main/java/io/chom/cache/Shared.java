package io.chom.cache;

import io.chom.tenancy.TenantId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * What all nodes remember together. Each value says under which stamp it was read; a change gives the tenant's cache a
 * new stamp, so that what somebody read before is never found afterwards, however late it is written.
 */
final class Shared {
  /** Longer than any value. */
  private static final Duration STAMP_KEPT = Duration.ofHours(48);
  private static final Duration LOCK_KEPT = Duration.ofSeconds(5);

  private final CacheRedis redis;
  private final Stored stored;

  /**
   * What came of looking.
   *
   * @param under the stamp of each key; empty where nobody answered
   */
  record Look(Map<CacheKey<?>, Stored.Found> found, Map<CacheKey<?>, String> under) {
    static final Look AWAY = new Look(Map.of(), Map.of());
  }

  Shared(CacheRedis redis, Stored stored) {
    this.redis = redis;
    this.stored = stored;
  }

  /** One question for all keys; one more for those that were never asked for before. */
  Look look(Collection<CacheKey<?>> keys) {
    var asked = new LinkedHashSet<String>();
    asked.add(CacheRedis.EPOCH);
    for (var key : keys) {
      asked.add(stamp(key.cache(), key.tenant()));
      asked.add(key.text());
    }
    var names = List.copyOf(asked);
    var answers = answers(names);
    if (answers == null) {
      return Look.AWAY;
    }
    boolean anew = false;
    for (String name : names) {
      if (answers.get(name) == null && (name.equals(CacheRedis.EPOCH) || name.endsWith(":stamp"))) {
        redis.writeFirst(name, UUID.randomUUID().toString(), name.equals(CacheRedis.EPOCH) ? null : STAMP_KEPT);
        anew = true;
      }
    }
    var now = anew ? answers(names) : answers;
    return now == null ? Look.AWAY : look(keys, now);
  }

  private Look look(Collection<CacheKey<?>> keys, Map<String, @Nullable String> answers) {
    var found = new HashMap<CacheKey<?>, Stored.Found>();
    var under = new HashMap<CacheKey<?>, String>();
    var epoch = answers.get(CacheRedis.EPOCH);
    for (var key : keys) {
      var stamp = answers.get(stamp(key.cache(), key.tenant()));
      if (stamp != null && epoch != null) {
        var both = epoch + "/" + stamp;
        under.put(key, both);
        var value = stored.read(key, answers.get(key.text()), both);
        if (value != null) {
          found.put(key, value);
        }
      }
    }
    return new Look(found, under);
  }

  private @Nullable Map<String, @Nullable String> answers(List<String> names) {
    var values = redis.read(names).orElse(null);
    if (values == null) {
      return null;
    }
    var answers = new LinkedHashMap<String, @Nullable String>();
    for (int i = 0; i < names.size(); i++) {
      answers.put(names.get(i), values.get(i));
    }
    return answers;
  }

  /** Keeps a value for a little less than its time, each for another one, so that not all end in one moment. */
  Duration write(CacheKey<?> key, Record value, String under) {
    double share = ThreadLocalRandom.current().nextDouble(0.8, 1.0);
    var kept = Duration.ofMillis((long) (key.cache().atMost().toMillis() * share));
    redis.write(key.text(), stored.text(key, value, under, kept), kept);
    return kept;
  }

  /** Whether this node is the one that reads this value now; others wait a little for what it finds. */
  boolean lock(CacheKey<?> key, String under, String token) {
    return redis.writeFirst(lockOf(key, under), token, LOCK_KEPT);
  }

  void unlock(CacheKey<?> key, String under, String token) {
    redis.unlock(lockOf(key, under), token);
  }

  private static String lockOf(CacheKey<?> key, String under) {
    // by stamp: who comes after a change does not wait for what was read before
    return key.text() + ":lock:" + under;
  }

  void renew(TenantId tenant, Collection<CacheName> caches) {
    var stamps = new ArrayList<String>();
    var values = new ArrayList<String>();
    for (var cache : caches) {
      stamps.add(stamp(cache, tenant));
      values.add(CacheKey.base(cache, tenant));
    }
    redis.renew(stamps, STAMP_KEPT, values);
  }

  private static String stamp(CacheName cache, TenantId tenant) {
    return CacheKey.base(cache, tenant) + ":stamp";
  }
}
