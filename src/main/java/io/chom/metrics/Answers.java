package io.chom.metrics;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.chom.cache.CacheKey;
import io.chom.cache.CacheValues;
import io.chom.cache.TenantCache;
import io.chom.promql.Answer;
import io.chom.promql.Answer.Curves;
import io.chom.promql.Answer.Missing;
import io.chom.promql.Answer.Reason;
import io.chom.promql.Prometheus;
import io.chom.promql.Question;
import io.chom.tenancy.TenantId;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * What tenants asked of Prometheus: remembered where it was asked lately, the rest asked in one batch. Errors are never
 * remembered. What was known last stays on this node for a day, for when Prometheus is away.
 */
@Component
class Answers {
  /** No further batch is begun after this time, whoever's answer was waited for. */
  private static final Duration PATIENCE = Duration.ofSeconds(4);
  private static final Duration LAST_KEPT = Duration.ofHours(24);
  private static final long LAST_POINTS = 1_000_000;
  /** An answer with more points is nobody's but the asker's. */
  private static final int SHARED_POINTS = 10_000;

  private final Prometheus prometheus;
  private final TenantCache cache;
  private final Clock clock;
  private final Cache<CacheKey<Known>, Known> last = Caffeine.newBuilder().expireAfterWrite(LAST_KEPT)
      .maximumWeight(LAST_POINTS).weigher((CacheKey<Known> key, Known known) -> 10 + points(known.curves())).build();

  /**
   * One thing to know.
   *
   * @param about what it is remembered as: its expression and its time, but not from when on where it is always the last
   */
  record Wanted(TenantId tenant, String about, Question question) {
    CacheKey<Known> key() {
      return new CacheKey<>(BoardRange.cache(question.window().step()), tenant, hash(about), Known.class);
    }
  }

  /**
   * What is known.
   *
   * @param known now, or before where there is a reason; null if it never was
   */
  record Told(@Nullable Known known, @Nullable Missing why) {}

  Answers(Prometheus prometheus, TenantCache cache, Clock clock) {
    this.prometheus = prometheus;
    this.cache = cache;
    this.clock = clock;
  }

  /** One for each that is wanted, under its name. */
  Map<String, Told> all(Map<String, Wanted> wanted) {
    var search = new Search(wanted);
    var values = cache.all(List.copyOf(search.names.keySet()), search::ask);
    var told = new LinkedHashMap<String, Told>();
    wanted.forEach((name, one) -> told.put(name, search.told(one.key(), values)));
    return told;
  }

  private final class Search {
    private final Map<CacheKey<Known>, String> names = new LinkedHashMap<>();
    private final Map<String, Wanted> wanted;
    private final Map<CacheKey<?>, Missing> missing = new LinkedHashMap<>();
    private final Map<CacheKey<?>, Known> own = new LinkedHashMap<>();
    private final long end = System.nanoTime() + PATIENCE.toNanos();

    Search(Map<String, Wanted> wanted) {
      this.wanted = wanted;
      wanted.forEach((name, one) -> names.put(one.key(), name));
    }

    CacheValues ask(Set<CacheKey<?>> keys) {
      var found = new CacheValues();
      var questions = new LinkedHashMap<String, Question>();
      var asked = new ArrayList<CacheKey<Known>>();
      names.forEach((key, name) -> {
        var one = wanted.get(name);
        if (keys.contains(key) && one != null) {
          asked.add(key);
          questions.put(name, one.question());
        }
      });
      if (System.nanoTime() - end > 0) {
        asked.forEach(key -> missing.put(key, new Missing(Reason.TOO_SLOW, "no answer in time")));
        return found;
      }
      long now = clock.millis();
      var answers = prometheus.ask(questions);
      for (var key : asked) {
        var name = names.getOrDefault(key, "");
        var question = questions.get(name);
        Answer answer = answers.get(name);
        if (question != null && answer instanceof Curves curves) {
          var known = new Known(now, question.window(), curves);
          own.put(key, known);
          if (points(curves) <= SHARED_POINTS) {
            found.with(key, known);
          }
        } else if (answer instanceof Missing why) {
          missing.put(key, why);
        }
      }
      return found;
    }

    Told told(CacheKey<Known> key, CacheValues values) {
      var known = values.find(key);
      if (known == null) {
        known = own.get(key);
      }
      if (known != null) {
        last.put(key, known);
        return new Told(known, null);
      }
      return new Told(last.getIfPresent(key), missing.getOrDefault(key, new Missing(Reason.AWAY, "")));
    }
  }

  private static int points(Curves curves) {
    return curves.curves().stream().mapToInt(curve -> curve.points().size()).sum();
  }

  private static String hash(String text) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
