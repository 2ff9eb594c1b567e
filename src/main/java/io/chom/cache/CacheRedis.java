package io.chom.cache;

import io.lettuce.core.RedisException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.core.script.RedisScript;
import org.springframework.stereotype.Component;

/**
 * The cache's own place in Redis. The first question that is not answered in time says so for all that follow, which
 * then do not ask; a thread of its own finds out when Redis is back. Nothing here ever throws.
 */
@Component
class CacheRedis implements DisposableBean {
  /** Something every value was read under; whoever changes it makes all values of all tenants old. */
  static final String EPOCH = "epoch";

  private static final Logger LOG = LoggerFactory.getLogger(CacheRedis.class);
  private static final Duration REST = Duration.ofMillis(500);
  private static final int TRIES_OF_A_CONNECTION = 6;
  private static final String SIGN = "sign-of-life";
  private static final Duration SIGN_KEPT = Duration.ofMinutes(1);
  private static final RedisScript<Long> UNLOCK = RedisScript.of(
      "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0", Long.class);

  private final CacheConnections connections;
  private final String prefix;
  private final StringRedisTemplate redis;
  private final AtomicBoolean away = new AtomicBoolean();
  /** Whether other nodes may still read what is old: told, when Redis is back, before anything else. */
  private final AtomicInteger owed = new AtomicInteger(1);
  private final ReentrantLock paying = new ReentrantLock();
  private volatile boolean closed;

  @Autowired
  CacheRedis(LettuceConnectionFactory panels, CacheProperties settings) {
    this.connections = new CacheConnections(panels, settings);
    this.prefix = settings.prefix();
    this.redis = new StringRedisTemplate(connections.factory());
    if (!settings.inRedis()) {
      closed = true;
      away.set(true);
    }
  }

  /** Values of several keys at once, null for what is not there; empty where nobody answers. */
  Optional<List<@Nullable String>> read(List<String> keys) {
    return ask(() -> redis.opsForValue().multiGet(full(keys)));
  }

  void write(String key, String value, Duration kept) {
    ask(() -> {
      redis.opsForValue().set(prefix + key, value, kept);
      return true;
    });
  }

  /** Whether it was not there before. */
  boolean writeFirst(String key, String value, @Nullable Duration kept) {
    return ask(() -> kept == null
        ? redis.opsForValue().setIfAbsent(prefix + key, value)
        : redis.opsForValue().setIfAbsent(prefix + key, value, kept)).orElse(false);
  }

  void unlock(String key, String token) {
    ask(() -> redis.execute(UNLOCK, List.of(prefix + key), token));
  }

  /** Makes what was read under these stamps old, and takes the values away; made good later if it cannot be done now. */
  void renew(Collection<String> stamps, Duration kept, Collection<String> values) {
    var done = ask(() -> {
      for (var stamp : stamps) {
        redis.opsForValue().set(prefix + stamp, UUID.randomUUID().toString(), kept);
      }
      redis.delete(full(values));
      return true;
    });
    if (done.isEmpty()) {
      owed.incrementAndGet();
    }
  }

  boolean away() {
    return away.get();
  }

  private List<String> full(Collection<String> keys) {
    var full = new ArrayList<String>(keys.size());
    keys.forEach(key -> full.add(prefix + key));
    return full;
  }

  private <T> Optional<T> ask(Supplier<@Nullable T> question) {
    if (away.get()) {
      return Optional.empty();
    }
    try {
      if (owed.get() > 0 && !makeAllOld()) {
        return Optional.empty();
      }
      return Optional.ofNullable(question.get());
    } catch (DataAccessException | RedisException | IllegalStateException e) {
      if (away.compareAndSet(false, true) && !closed) {
        LOG.warn("The cache is away, everything is read anew meanwhile ({})", e.getMessage());
        Thread.ofVirtual().name("cache-watch").start(this::watch);
      }
      return Optional.empty();
    }
  }

  /**
   * A node that died may not have told the others what it changed, nor one that changed something while Redis was away:
   * so whoever starts, or is back, begins with an empty cache.
   */
  private boolean makeAllOld() {
    // until that is done nothing is believed, and nobody waits for it
    if (!paying.tryLock()) {
      return false;
    }
    try {
      int due = owed.get();
      if (due > 0) {
        redis.opsForValue().set(prefix + EPOCH, UUID.randomUUID().toString());
        owed.addAndGet(-due);
      }
      return true;
    } finally {
      paying.unlock();
    }
  }

  private void watch() {
    for (int tries = 1; away.get() && !closed; tries++) {
      try {
        Thread.sleep(REST);
        if (tries % TRIES_OF_A_CONNECTION == 0) {
          connections.anew();
        }
        // one that answers and takes nothing, because it is full, is as good as away
        redis.opsForValue().set(prefix + SIGN, "here", SIGN_KEPT);
        away.set(false);
        LOG.info("The cache is back");
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      } catch (DataAccessException | RedisException | IllegalStateException e) {
        LOG.debug("The cache is still away", e);
      }
    }
  }

  @Override
  public void destroy() {
    closed = true;
    connections.close();
  }
}
