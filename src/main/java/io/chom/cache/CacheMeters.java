package io.chom.cache;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/** How often each cache had what was asked for. */
final class CacheMeters {
  /** Where an answer came from. */
  enum Result {
    /** This node. */
    NEAR,
    /** Redis. */
    HIT,
    /** Its source. */
    MISS,
    /** Its source, because the cache is switched off or the asker is in the middle of a change. */
    BYPASS
  }

  private final Map<CacheName, Map<Result, Counter>> counters = new EnumMap<>(CacheName.class);

  CacheMeters(MeterRegistry meters) {
    for (var cache : CacheName.values()) {
      var results = new EnumMap<Result, Counter>(Result.class);
      for (var result : Result.values()) {
        results.put(result,
            Counter.builder("chom.cache.requests").description("Values asked for, by where they came from")
                .tag("cache", cache.key()).tag("result", result.name().toLowerCase(java.util.Locale.ROOT))
                .register(meters));
      }
      counters.put(cache, results);
    }
  }

  void count(CacheKey<?> key, Result result) {
    Objects.requireNonNull(Objects.requireNonNull(counters.get(key.cache())).get(result)).increment();
  }
}
