package io.chom.web.security;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.data.redis.RedisConnectionFailureException;
import org.springframework.data.redis.RedisSystemException;

/**
 * Whether Redis answers. The first request that waits for it in vain says no for all that follow, which then do not
 * wait; a thread of its own finds out when it is back.
 */
final class Reachability {
  private static final Logger LOG = LoggerFactory.getLogger(Reachability.class);
  private static final Duration REST = Duration.ofMillis(500);

  private final Runnable ping;
  private final AtomicBoolean away = new AtomicBoolean();

  /** @param ping asks for a sign of life, and throws where there is none */
  Reachability(Runnable ping) {
    this.ping = ping;
  }

  /**
   * Asks, unless nobody would answer.
   *
   * @throws SessionsAway when there is no answer
   */
  <T> @Nullable T ask(Supplier<@Nullable T> question) {
    refuseWhileAway();
    try {
      return question.get();
    } catch (RedisConnectionFailureException | QueryTimeoutException | RedisSystemException e) {
      if (away.compareAndSet(false, true)) {
        LOG.warn("Redis is away, people who are signed in go on with this node's copies ({})", e.getMessage());
        Thread.ofVirtual().name("redis-watch").start(this::watch);
      }
      throw new SessionsAway("Redis is away", e);
    }
  }

  /** @throws SessionsAway when the last answer did not come */
  void refuseWhileAway() {
    if (away.get()) {
      throw new SessionsAway("Redis is away");
    }
  }

  private void watch() {
    while (away.get()) {
      try {
        Thread.sleep(REST);
        ping.run();
        away.set(false);
        LOG.info("Redis is back");
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      } catch (RuntimeException e) {
        LOG.debug("Redis is still away", e);
      }
    }
  }
}
