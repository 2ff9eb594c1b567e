package io.chom.web.security;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.TimeoutException;
import io.github.bucket4j.distributed.ExpirationAfterWriteStrategy;
import io.github.bucket4j.distributed.proxy.ProxyManager;
import io.github.bucket4j.redis.lettuce.Bucket4jLettuce;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.stereotype.Component;

/** Counts attempts for all nodes together in Redis; while that is away, each node counts for itself. */
@Component
class RateLimits {
  private static final Logger LOG = LoggerFactory.getLogger(RateLimits.class);
  private static final Duration REDIS_REST = Duration.ofSeconds(10);

  private final LettuceConnectionFactory redis;
  private final Cache<String, Bucket> here = Caffeine.newBuilder().maximumSize(100_000)
      .expireAfterAccess(Duration.ofMinutes(10)).build();
  private @Nullable ProxyManager<byte[]> everywhere;
  private volatile Instant askRedisAgain = Instant.MIN;

  RateLimits(LettuceConnectionFactory redis) {
    this.redis = redis;
  }

  /** How long to wait before trying again; zero when this attempt was free. */
  Duration take(String key, int perMinute) {
    var probe = bucket(key, perMinute, bucket -> bucket.tryConsumeAndReturnRemaining(1));
    return probe.isConsumed() ? Duration.ZERO : Duration.ofNanos(probe.getNanosToWaitForRefill());
  }

  /** Makes an attempt uncounted. */
  void giveBack(String key, int perMinute) {
    bucket(key, perMinute, bucket -> {
      bucket.addTokens(1);
      return true;
    });
  }

  private <T> T bucket(String key, int perMinute, Function<Bucket, T> question) {
    var limit = BucketConfiguration.builder()
        .addLimit(Bandwidth.builder().capacity(perMinute).refillIntervally(perMinute, Duration.ofMinutes(1)).build())
        .build();
    if (Instant.now().isAfter(askRedisAgain)) {
      try {
        return question
            .apply(manager().builder().build(("chom:rate:" + key).getBytes(StandardCharsets.UTF_8), () -> limit));
      } catch (RedisException | TimeoutException e) {
        askRedisAgain = Instant.now().plus(REDIS_REST);
        LOG.warn("Redis is away: rate limits are counted on this node alone ({})", e.getMessage());
      }
    }
    return question.apply(here.get(key, _ -> local(limit)));
  }

  private static Bucket local(BucketConfiguration limit) {
    var builder = Bucket.builder();
    for (var bandwidth : limit.getBandwidths()) {
      builder.addLimit(bandwidth);
    }
    return builder.build();
  }

  /** Made when first needed: it connects at once, and the panel starts without Redis too. */
  private synchronized ProxyManager<byte[]> manager() {
    var manager = everywhere;
    if (manager == null) {
      manager = Bucket4jLettuce.casBasedBuilder((RedisClient) redis.getRequiredNativeClient())
          .expirationAfterWrite(
              ExpirationAfterWriteStrategy.basedOnTimeForRefillingBucketUpToMax(Duration.ofSeconds(10)))
          .requestTimeout(Duration.ofSeconds(2)).build();
      everywhere = manager;
    }
    return manager;
  }
}
