package io.chom.queue;

import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.connection.stream.Consumer;
import org.springframework.data.redis.connection.stream.MapRecord;
import org.springframework.data.redis.connection.stream.ReadOffset;
import org.springframework.data.redis.connection.stream.StreamOffset;
import org.springframework.data.redis.connection.stream.StreamReadOptions;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.stereotype.Service;

/** Listens for bells as one member of a consumer group, so that one ring wakes one node. */
@Service
public class BellRinging {
  /** Below the client's own limit for an answer. */
  private static final Duration LONGEST_BLOCK = Duration.ofMillis(500);

  private static final Logger LOG = LoggerFactory.getLogger(BellRinging.class);

  private final StringRedisTemplate redis;

  BellRinging(StringRedisTemplate redis) {
    this.redis = redis;
  }

  /**
   * Waits for a ring, and forgets it at once: it is only a reason to look into the database.
   *
   * @return whether it rang; false also when Redis is away, after which the caller should wait a little by itself
   */
  public Ring await(String stream, String group, String consumer, Duration atMost) {
    try {
      return read(stream, group, consumer, atMost) ? Ring.RANG : Ring.SILENT;
    } catch (DataAccessException e) {
      return createGroup(stream, group) ? Ring.SILENT : Ring.AWAY;
    }
  }

  /** How many rings nobody has heard yet; empty while Redis is away. */
  public OptionalLong unheard(String stream, String group) {
    try {
      return redis.opsForStream().groups(stream).stream().filter(one -> one.groupName().equals(group))
          .map(one -> one.getRaw().get("lag")).filter(Number.class::isInstance)
          .mapToLong(lag -> ((Number) lag).longValue()).findFirst();
    } catch (DataAccessException e) {
      return OptionalLong.empty();
    }
  }

  private boolean read(String stream, String group, String consumer, Duration atMost) {
    List<MapRecord<String, Object, Object>> rung = redis.opsForStream().read(Consumer.from(group, consumer),
        StreamReadOptions.empty().noack().count(64).block(atMost.compareTo(LONGEST_BLOCK) < 0 ? atMost : LONGEST_BLOCK),
        StreamOffset.create(stream, ReadOffset.lastConsumed()));
    if (rung == null || rung.isEmpty()) {
      return false;
    }
    var heard = rung.stream().map(MapRecord::getId).map(Object::toString).toArray(String[]::new);
    // on a thread of its own: whoever was woken looks at once
    Thread.ofVirtual().name("bell-heard").start(() -> forget(stream, heard));
    return true;
  }

  /** A bell that was heard is of no use to anybody: without this the stream would keep each one up to its cap. */
  private void forget(String stream, String[] heard) {
    try {
      redis.opsForStream().delete(stream, heard);
    } catch (DataAccessException e) {
      LOG.info("Bells of {} stay until the stream is cut: {}", stream, e.getMessage());
    }
  }

  /** Takes this member out of the group; what rings afterwards wakes the others. Never fails: the rest is swept. */
  public void leave(String stream, String group, String consumer) {
    try {
      redis.opsForStream().deleteConsumer(stream, Consumer.from(group, consumer));
    } catch (DataAccessException e) {
      LOG.info("{} is still a member of {} until it is swept: {}", consumer, group, e.getMessage());
    }
  }

  /**
   * Takes out members that have not listened for long: nodes that died without leaving. What they heard and did not
   * answer is dropped with them, for bells are only reasons to look.
   *
   * @return how many there were
   */
  public int sweep(String stream, String group, Duration silent) {
    try {
      var dead = redis.opsForStream().consumers(stream, group).stream()
          .filter(member -> member.idleTime().compareTo(silent) > 0).toList();
      dead.forEach(member -> leave(stream, group, member.consumerName()));
      return dead.size();
    } catch (DataAccessException e) {
      return 0;
    }
  }

  private boolean createGroup(String stream, String group) {
    try {
      redis.opsForStream().createGroup(stream, ReadOffset.from("0"), group);
      return true;
    } catch (DataAccessException e) {
      return false;
    }
  }

  /** What came of waiting. */
  public enum Ring {
    RANG, SILENT, AWAY
  }
}
