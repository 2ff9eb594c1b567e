package io.chom.queue;

import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.connection.RedisStreamCommands.XAddOptions;
import org.springframework.data.redis.connection.stream.StreamRecords;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Wakes a sleeping worker through a Redis Stream. A bell may be lost: what it rings for is in the database, and
 * somebody looks there from time to time anyway.
 */
@Service
public class Bell {
  private static final long KEPT = 100_000;
  private static final Logger LOG = LoggerFactory.getLogger(Bell.class);

  private final StringRedisTemplate redis;

  Bell(StringRedisTemplate redis) {
    this.redis = redis;
  }

  /** Rings once the current transaction has committed; never for one that rolled back. */
  public void ringAfterCommit(String stream, String id) {
    TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
      @Override
      public void afterCommit() {
        // on a thread of its own: nobody waits for a Redis that is away
        Thread.ofVirtual().name("bell").start(() -> ring(stream, id));
      }
    });
  }

  private void ring(String stream, String id) {
    try {
      redis.opsForStream().add(StreamRecords.newRecord().in(stream).ofMap(Map.of("id", id)),
          XAddOptions.maxlen(KEPT).approximateTrimming(true));
    } catch (DataAccessException e) {
      LOG.warn("The bell of {} was not rung, the sweep will find {}: {}", stream, id, e.getMessage());
    }
  }
}
