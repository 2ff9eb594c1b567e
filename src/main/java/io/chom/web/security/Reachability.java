package io.chom.web.security;

import io.github.bucket4j.TimeoutException;
import io.lettuce.core.RedisException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.data.redis.RedisConnectionFailureException;
import org.springframework.data.redis.RedisSystemException;
import org.springframework.data.redis.connection.RedisStringCommands.SetOption;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.types.Expiration;
import org.springframework.stereotype.Component;

/**
 * Whether Redis answers and takes what it is given: one that only reads, because its disk or its memory is full, is as
 * good as away. The first request that asks it in vain says so for all that follow, which then do not ask; a thread of
 * its own finds out when it is back.
 */
@Component
class Reachability {
  private static final Logger LOG = LoggerFactory.getLogger(Reachability.class);
  private static final Duration REST = Duration.ofMillis(500);
  /** A machine that lost its power leaves connections behind that nobody ends: after so many tries, another is made. */
  private static final int TRIES_OF_A_CONNECTION = 6;
  private static final byte[] SIGN = "chom:sign-of-life".getBytes(StandardCharsets.UTF_8);
  private static final Duration SIGN_KEPT = Duration.ofMinutes(1);

  private final Runnable signOfLife;
  private final Runnable connectAnew;
  private final Counter inVain;
  private final AtomicBoolean away = new AtomicBoolean();

  @Autowired
  Reachability(LettuceConnectionFactory redis, MeterRegistry meters) {
    this(() -> write(redis), redis::resetConnection, meters);
  }

  /**
   * @param signOfLife writes something, and throws where that is not taken
   * @param connectAnew lets go of a connection that may be dead
   */
  Reachability(Runnable signOfLife, Runnable connectAnew, MeterRegistry meters) {
    this.signOfLife = signOfLife;
    this.connectAnew = connectAnew;
    this.inVain = Counter.builder("chom.redis.asked.in.vain")
        .description("Questions that waited for Redis and were not answered").register(meters);
  }

  private static void write(LettuceConnectionFactory redis) {
    try (var connection = redis.getConnection()) {
      connection.stringCommands().set(SIGN, SIGN, Expiration.from(SIGN_KEPT),
          SetOption.upsert());
    }
  }

  /**
   * Asks, unless nobody would answer.
   *
   * @throws SessionsAway when there is no answer
   */
  <T> @Nullable T ask(Supplier<@Nullable T> question) {
    refuseWhileAway();
    try {
      return overAnOpenConnection(question);
    } catch (RedisConnectionFailureException | QueryTimeoutException | RedisSystemException | RedisException
        | TimeoutException e) {
      inVain.increment();
      if (away.compareAndSet(false, true)) {
        LOG.warn("Redis is away, this node goes on with what it knows itself ({})", e.getMessage());
        Thread.ofVirtual().name("redis-watch").start(this::watch);
      }
      throw new SessionsAway("Redis is away", e);
    }
  }

  /** A connection that was closed on this side says nothing about Redis, and never opens again by itself. */
  private <T> @Nullable T overAnOpenConnection(Supplier<@Nullable T> question) {
    try {
      return question.get();
    } catch (RedisSystemException | RedisException e) {
      if (!closedHere(e)) {
        throw e;
      }
      connectAnew.run();
      return question.get();
    }
  }

  private static boolean closedHere(Throwable fault) {
    for (var cause = fault; cause != null; cause = cause.getCause()) {
      if ("Connection is closed".equals(cause.getMessage())) {
        return true;
      }
    }
    return false;
  }

  /** @throws SessionsAway when the last answer did not come */
  void refuseWhileAway() {
    if (away.get()) {
      throw new SessionsAway("Redis is away");
    }
  }

  /** @throws SessionsAway when it does not take anything */
  void tryWriting() {
    ask(() -> {
      signOfLife.run();
      return true;
    });
  }

  boolean away() {
    return away.get();
  }

  private void watch() {
    for (int tries = 1; away.get(); tries++) {
      try {
        Thread.sleep(REST);
        if (tries % TRIES_OF_A_CONNECTION == 0) {
          connectAnew.run();
        }
        signOfLife.run();
        away.set(false);
        LOG.info("Redis is back");
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      } catch (DataAccessException | RedisException | IllegalStateException e) {
        LOG.debug("Redis is still away", e);
      }
    }
  }
}
