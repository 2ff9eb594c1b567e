package io.chom.live;

import io.chom.cache.TenantCache;
import io.chom.tenancy.TenantId;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.connection.RedisStreamCommands.XAddOptions;
import org.springframework.data.redis.connection.stream.StreamRecords;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Tells watchers that something they look at has changed. An event has no content: the watcher reads the truth again,
 * so a lost or doubled event can never show something wrong.
 *
 * <p>What is remembered of it is forgotten first, here and on all nodes. Watchers on this node hear of a change at once; those on other nodes through one capped Redis Stream. While Redis
 * is away, watchers look by themselves every other second.
 *
 * <p>When the panel stops, every subscription ends before the web server waits for its open streams.
 */
@Service
public class LiveEvents implements SmartLifecycle {
  static final String STREAM = "chom:live";
  private static final long KEPT = 10_000;
  private static final Logger LOG = LoggerFactory.getLogger(LiveEvents.class);

  private final StringRedisTemplate redis;
  private final TenantCache cache;
  private final Map<String, Set<Subscription>> watchers = new ConcurrentHashMap<>();
  private volatile boolean running = true;

  LiveEvents(StringRedisTemplate redis, TenantCache cache) {
    this.redis = redis;
    this.cache = cache;
  }

  /** Announces a change when the current transaction has committed; at once if there is none. */
  public void changedAfterCommit(TenantId tenant, String... topics) {
    if (!TransactionSynchronizationManager.isSynchronizationActive()) {
      changed(tenant, topics);
      return;
    }
    TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
      @Override
      public void afterCommit() {
        changed(tenant, topics);
      }
    });
  }

  /** Announces a change now. Never fails and never waits for Redis. */
  public void changed(TenantId tenant, String... topics) {
    cache.changedHere(tenant, topics);
    for (String topic : topics) {
      wake(tenant.value() + "/" + topic);
    }
    Thread.ofVirtual().name("live-publish").start(() -> {
      // first what all nodes remember: one that hears of the change must not find there what was before
      cache.tell(tenant, topics);
      publish(tenant, topics);
    });
  }

  /** Watches topics of one tenant until closed. */
  public Subscription subscribe(TenantId tenant, Set<String> topics) {
    var keys = topics.stream().map(topic -> tenant.value() + "/" + topic).toList();
    var subscription = new Subscription(gone -> keys.forEach(key -> watchers.computeIfPresent(key, (k, all) -> {
      all.remove(gone);
      return all.isEmpty() ? null : all;
    })));
    // inside compute, so that the last watcher leaving cannot drop the set this one joins
    keys.forEach(key -> watchers.compute(key, (k, all) -> {
      var joined = all == null ? ConcurrentHashMap.<Subscription>newKeySet() : all;
      joined.add(subscription);
      return joined;
    }));
    if (!running) {
      subscription.end();
    }
    return subscription;
  }

  @Override
  public void start() {
    running = true;
  }

  @Override
  public void stop() {
    running = false;
    watchers.values().forEach(all -> all.forEach(Subscription::end));
  }

  @Override
  public boolean isRunning() { return running; }

  /** Has every watcher of this node read again whatever it looks at. */
  void wakeAll() {
    cache.anything();
    watchers.keySet().forEach(this::wake);
  }

  /** A change, as another node announced it. */
  void hear(TenantId tenant, String topic) {
    cache.changed(tenant, topic);
    wake(tenant.value() + "/" + topic);
  }

  private void wake(String key) {
    int slash = key.indexOf('/');
    String topic = key.substring(slash + 1);
    watchers.getOrDefault(key, Set.of()).forEach(watcher -> watcher.wake(topic));
  }

  private void publish(TenantId tenant, String... topics) {
    try {
      redis.opsForStream().add(
          StreamRecords.newRecord().in(STREAM)
              .ofMap(Map.of("tenant", tenant.value().toString(), "topics", String.join(" ", topics))),
          XAddOptions.maxlen(KEPT).approximateTrimming(true));
    } catch (DataAccessException e) {
      LOG.debug("Change of {} was not announced to other nodes: {}", Arrays.toString(topics), e.getMessage());
    }
  }
}
