package io.chom.live;

import io.chom.tenancy.TenantId;
import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.dao.DataAccessException;
import org.springframework.data.domain.Range;
import org.springframework.data.redis.connection.Limit;
import org.springframework.data.redis.connection.stream.MapRecord;
import org.springframework.data.redis.connection.stream.ReadOffset;
import org.springframework.data.redis.connection.stream.StreamOffset;
import org.springframework.data.redis.connection.stream.StreamReadOptions;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.stereotype.Component;

/**
 * Hears what other nodes announce, and wakes this node's watchers. What may have been missed, because Redis was away or
 * has lost its data, is made up for by waking everybody: whoever is woken reads the truth.
 */
@Component
class OtherNodes implements SmartLifecycle {
  private static final Logger LOG = LoggerFactory.getLogger(OtherNodes.class);
  private static final Duration BLOCK = Duration.ofMillis(500);
  /** While Redis is away this is how late watchers hear of what happens on other nodes. */
  private static final Duration REST = Duration.ofSeconds(2);
  /** Reads that found nothing, after which the stream is compared: one that was emptied counts from the beginning. */
  private static final int QUIET_READS = 10;
  private static final String BEGINNING = "0-0";

  private final StringRedisTemplate redis;
  private final LiveEvents events;
  private volatile boolean running;
  private @Nullable Thread listener;

  OtherNodes(StringRedisTemplate redis, LiveEvents events) {
    this.redis = redis;
    this.events = events;
  }

  @Override
  public void start() {
    running = true;
    listener = Thread.ofVirtual().name("live-listener").start(this::listen);
  }

  private void listen() {
    while (running) {
      try {
        // the entry itself, not "from now on": between two reads of that, what comes is heard by nobody
        String last = last();
        events.wakeAll();
        follow(last);
      } catch (DataAccessException | IllegalStateException e) {
        LOG.debug("Other nodes cannot be heard", e);
        events.wakeAll();
        rest();
      }
    }
  }

  /** Returns when the stream is another one than before. */
  private void follow(String from) {
    String offset = from;
    int quiet = 0;
    while (running) {
      var records = redis.opsForStream().read(StreamReadOptions.empty().block(BLOCK).count(256),
          StreamOffset.create(LiveEvents.STREAM, ReadOffset.from(offset)));
      if (records == null || records.isEmpty()) {
        quiet++;
        if (quiet >= QUIET_READS) {
          quiet = 0;
          if (!last().equals(offset)) {
            LOG.info("The stream of changes begins anew");
            return;
          }
        }
        continue;
      }
      quiet = 0;
      for (var entry : records) {
        offset = entry.getId().getValue();
        announce(entry);
      }
    }
  }

  private String last() {
    var newest = redis.opsForStream().reverseRange(LiveEvents.STREAM, Range.unbounded(), Limit.limit().count(1));
    return newest == null || newest.isEmpty() ? BEGINNING : newest.getFirst().getId().getValue();
  }

  private void announce(MapRecord<String, Object, Object> entry) {
    var tenant = entry.getValue().get("tenant");
    var topics = entry.getValue().get("topics");
    if (tenant != null && topics != null) {
      for (String topic : topics.toString().split(" ", -1)) {
        events.hear(new TenantId(UUID.fromString(tenant.toString())), topic);
      }
    }
  }

  private static void rest() {
    try {
      Thread.sleep(REST);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void stop() {
    running = false;
    if (listener != null) {
      listener.interrupt();
    }
  }

  @Override
  public boolean isRunning() { return running; }
}
