package io.chom.live;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.connection.stream.MapRecord;
import org.springframework.data.redis.connection.stream.ReadOffset;
import org.springframework.data.redis.connection.stream.StreamOffset;
import org.springframework.data.redis.connection.stream.StreamReadOptions;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.stereotype.Component;

/** Hears what other nodes announce, and wakes this node's watchers. */
@Component
class OtherNodes implements SmartLifecycle {
  private static final Duration BLOCK = Duration.ofMillis(500);
  private static final Duration REST = Duration.ofSeconds(1);

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
    var offset = ReadOffset.latest();
    while (running) {
      try {
        var records = redis.opsForStream().read(StreamReadOptions.empty().block(BLOCK).count(256),
            StreamOffset.create(LiveEvents.STREAM, offset));
        for (var entry : Objects.requireNonNullElse(records, java.util.List.<MapRecord<String, Object, Object>>of())) {
          offset = ReadOffset.from(entry.getId());
          announce(entry);
        }
      } catch (DataAccessException | IllegalStateException e) {
        rest();
      }
    }
  }

  private void announce(MapRecord<String, Object, Object> entry) {
    var tenant = entry.getValue().get("tenant");
    var topics = entry.getValue().get("topics");
    if (tenant != null && topics != null) {
      for (String topic : topics.toString().split(" ", -1)) {
        events.wake(tenant + "/" + topic);
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
