package io.chom.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import io.chom.tenancy.TenantId;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/** What this node remembers by itself, without asking anybody; and how often each thing has changed since it started. */
final class Near {
  private static final int MOST = 20_000;
  private static final int STRIPES = 4_096;
  /** However long a value is kept elsewhere: a change nobody heard of is seen after this time. */
  private static final Duration LONGEST = Duration.ofSeconds(60);

  private record Kept(Record value, long version, long nanos) {}

  private final Cache<String, Kept> kept = Caffeine.newBuilder().maximumSize(MOST)
      .expireAfter(Expiry.writing((String key, Kept value) -> Duration.ofNanos(value.nanos()))).build();
  /** Each grows with the changes of its values, some of which share one: what was read before a change is not kept. */
  private final AtomicLongArray changes = new AtomicLongArray(STRIPES);

  long version(CacheKey<?> key) {
    return changes.get(stripe(key.cache(), key.tenant()));
  }

  @Nullable
  Record find(CacheKey<?> key) {
    var near = kept.getIfPresent(key.text());
    return near != null && near.version() == version(key) && key.type().isInstance(near.value()) ? near.value() : null;
  }

  /** Remembers what was read while the version was this one, unless that has passed. */
  void put(CacheKey<?> key, Record value, long version, Duration time) {
    if (time.isPositive() && version == version(key)) {
      var atMost = time.compareTo(LONGEST) < 0 ? time : LONGEST;
      kept.put(key.text(), new Kept(value, version, atMost.toNanos()));
    }
  }

  void changed(CacheName cache, TenantId tenant) {
    changes.incrementAndGet(stripe(cache, tenant));
    kept.invalidate(CacheKey.base(cache, tenant));
  }

  void anything() {
    for (int stripe = 0; stripe < STRIPES; stripe++) {
      changes.incrementAndGet(stripe);
    }
    kept.invalidateAll();
  }

  private static int stripe(CacheName cache, TenantId tenant) {
    return Math.floorMod(Objects.hash(cache.ordinal(), tenant), STRIPES);
  }
}
