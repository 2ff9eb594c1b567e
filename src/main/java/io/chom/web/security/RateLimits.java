package io.chom.web.security;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.TimeMeter;
import io.github.bucket4j.distributed.ExpirationAfterWriteStrategy;
import io.github.bucket4j.distributed.proxy.ProxyManager;
import io.github.bucket4j.redis.lettuce.Bucket4jLettuce;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.stereotype.Component;

/**
 * Counts attempts for all nodes together in Redis; while that is away, each node counts for itself. All nodes count by
 * one clock, the panel's, or one whose own is wrong would fill what another has emptied.
 */
@Component
class RateLimits {
  private static final Logger LOG = LoggerFactory.getLogger(RateLimits.class);
  /** Longer than the longest time over which anything is counted here. */
  private static final Duration KEPT = Duration.ofHours(2);

  private final LettuceConnectionFactory redis;
  private final Reachability reach;
  private final Clock clock;
  private final Duration patience;
  private final Cache<String, Bucket> here = Caffeine.newBuilder().maximumSize(100_000).expireAfterAccess(KEPT).build();
  private @Nullable StatefulRedisConnection<byte[], byte[]> connection;
  private @Nullable ProxyManager<byte[]> everywhere;

  RateLimits(LettuceConnectionFactory redis, Reachability reach, Clock clock,
      @Value("${spring.data.redis.timeout}") Duration patience) {
    this.redis = redis;
    this.reach = reach;
    this.clock = clock;
    this.patience = patience;
  }

  /**
   * So many in such a time.
   *
   * @param smooth whether they come back one by one, or all together when the time is over
   */
  record Limit(long attempts, Duration per, boolean smooth) {
    static Limit perMinute(int attempts) {
      return new Limit(attempts, Duration.ofMinutes(1), false);
    }

    static Limit perHour(long attempts) {
      return new Limit(attempts, Duration.ofHours(1), true);
    }

    private BucketConfiguration bucket() {
      var filled = Bandwidth.builder().capacity(attempts);
      return BucketConfiguration.builder()
          .addLimit((smooth ? filled.refillGreedy(attempts, per) : filled.refillIntervally(attempts, per)).build())
          .build();
    }
  }

  /**
   * What came of an attempt.
   *
   * @param left how many more are free now
   * @param again until one more is free; zero when this one was
   * @param full until all are free again
   */
  record Attempt(long left, Duration again, Duration full) {
    boolean free() {
      return again.isZero();
    }
  }

  Attempt take(String key, Limit limit) {
    var probe = bucket(key, limit, bucket -> bucket.tryConsumeAndReturnRemaining(1));
    return new Attempt(probe.getRemainingTokens(),
        probe.isConsumed() ? Duration.ZERO : Duration.ofNanos(probe.getNanosToWaitForRefill()),
        Duration.ofNanos(probe.getNanosToWaitForReset()));
  }

  /** Makes an attempt uncounted. */
  void giveBack(String key, Limit limit) {
    bucket(key, limit, bucket -> {
      bucket.addTokens(1);
      return true;
    });
  }

  private <T> T bucket(String key, Limit limit, Function<Bucket, T> question) {
    try {
      return Objects.requireNonNull(reach.ask(() -> question.apply(inRedis(key, limit))));
    } catch (SessionsAway e) {
      hangUp();
      return question.apply(here.get(key + "/" + limit, _ -> local(limit)));
    }
  }

  private Bucket inRedis(String key, Limit limit) {
    return manager().builder().build(("chom:rate:" + key).getBytes(StandardCharsets.UTF_8), limit::bucket);
  }

  private static Bucket local(Limit limit) {
    // nanoseconds: the time of the processor, which no change of the clock moves
    var builder = Bucket.builder().withNanosecondPrecision();
    for (var bandwidth : limit.bucket().getBandwidths()) {
      builder.addLimit(bandwidth);
    }
    return builder.build();
  }

  /** Made when first needed, and after each outage: it connects at once, and the panel starts without Redis too. */
  private synchronized ProxyManager<byte[]> manager() {
    if (connection != null && !connection.isOpen()) {
      // closed on this side it would stay so, and on the other one another is there as soon
      hangUp();
    }
    var manager = everywhere;
    if (manager == null) {
      // those that stood behind one that connected in vain would each try for as long
      reach.refuseWhileAway();
      var opened = ((RedisClient) redis.getRequiredNativeClient()).connect(ByteArrayCodec.INSTANCE);
      opened.setTimeout(patience);
      connection = opened;
      manager = Bucket4jLettuce.casBasedBuilder(opened)
          .expirationAfterWrite(
              ExpirationAfterWriteStrategy.basedOnTimeForRefillingBucketUpToMax(Duration.ofSeconds(10)))
          .clientClock(new PanelTime(clock)).requestTimeout(patience).build();
      everywhere = manager;
    }
    return manager;
  }

  /** A connection whose other end lost its power would never say so. */
  private synchronized void hangUp() {
    var old = connection;
    if (old != null) {
      connection = null;
      everywhere = null;
      old.closeAsync().exceptionally(e -> {
        LOG.debug("A dead connection to Redis was not closed in order", e);
        return null;
      });
    }
  }

  private record PanelTime(Clock clock) implements TimeMeter {
    @Override
    public long currentTimeNanos() {
      return clock.millis() * 1_000_000;
    }

    @Override
    public boolean isWallClockBased() { return true; }
  }
}
