package io.chom.metrics;

import io.chom.cache.CacheName;
import io.chom.promql.Window;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;

/** How far back a board looks, and how fine: 60 to 360 points. */
public enum BoardRange {
  QUARTER("15m", Duration.ofMinutes(15), Duration.ofSeconds(15)), HOUR("1h", Duration.ofHours(1),
      Duration.ofSeconds(15)), SIX_HOURS("6h", Duration.ofHours(6), Duration.ofMinutes(1)), DAY("24h",
          Duration.ofHours(24), Duration.ofMinutes(5)), WEEK("7d", Duration.ofDays(7),
              Duration.ofMinutes(30)), MONTH("30d", Duration.ofDays(30), Duration.ofHours(2));

  // four scrapes: a rate needs two of them, and one may be late
  private static final long SHORTEST_RATE = 60;

  private final String word;
  private final Duration length;
  private final Duration step;

  BoardRange(String word, Duration length, Duration step) {
    this.word = word;
    this.length = length;
    this.step = step;
  }

  /** As addresses name it. */
  public String word() {
    return word;
  }

  public Duration step() {
    return step;
  }

  public static Optional<BoardRange> named(String word) {
    return Arrays.stream(values()).filter(one -> one.word.equals(word)).findFirst();
  }

  Window until(Instant now) {
    return Window.last(length, step, now);
  }

  /** Over what rates are taken: a whole step, so that no request falls between two points. */
  String rate() {
    return Math.max(SHORTEST_RATE, step.toSeconds()) + "s";
  }

  /** Where answers of such steps are remembered: for about as long as a step. */
  static CacheName cache(Duration step) {
    for (var cache : new CacheName[]{CacheName.METRICS_15, CacheName.METRICS_60, CacheName.METRICS_300}) {
      if (step.compareTo(cache.atMost()) <= 0) {
        return cache;
      }
    }
    return CacheName.METRICS_900;
  }
}
