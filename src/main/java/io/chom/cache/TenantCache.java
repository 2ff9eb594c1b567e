package io.chom.cache;

import static io.chom.cache.CacheMeters.Result.*;

import io.chom.tenancy.TenantId;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import tools.jackson.databind.ObjectMapper;

/**
 * Remembers values for tenants: on this node, and in Redis for all of them. Who asks for what is not there reads it at
 * its source, once, however many ask at the same time on however many nodes; and whatever happens to Redis, everybody
 * gets an answer, at the cost of one short wait at most.
 *
 * <p>What is changed in a transaction must be read by it: inside one that writes, everything comes from its source.
 */
@Service
public class TenantCache {
  /** For how long somebody waits for what another node reads, and for what another thread here does. */
  private static final Duration OTHER_NODE = Duration.ofSeconds(1);
  private static final Duration OTHER_THREAD = Duration.ofSeconds(5);
  private static final Duration LOOK_AGAIN = Duration.ofMillis(15);

  private final Near near = new Near();
  private final Shared shared;
  private final CacheMeters meters;
  private final Map<String, CompletableFuture<@Nullable Record>> reading = new ConcurrentHashMap<>();
  /** Changes of this node of which Redis has not been told yet: until then what is there is not believed. */
  private final Map<TenantId, Integer> untold = new ConcurrentHashMap<>();

  TenantCache(CacheRedis redis, ObjectMapper json, Clock clock, MeterRegistry registry) {
    this.shared = new Shared(redis, new Stored(json, clock));
    this.meters = new CacheMeters(registry);
  }

  /** The value of this key, from its source where nobody remembers it. */
  public <T extends Record> T get(CacheKey<T> key, Supplier<T> source) {
    return all(List.of(key), missing -> new CacheValues().with(key, source.get())).get(key);
  }

  /**
   * The values of all these keys, with one question to Redis at most.
   *
   * @param source reads those that nobody remembers; one that it leaves out is not remembered, and missing in the answer
   */
  public CacheValues all(List<? extends CacheKey<?>> wanted, Function<Set<CacheKey<?>>, CacheValues> source) {
    var search = new Search(source);
    boolean writing = TransactionSynchronizationManager.isActualTransactionActive()
        && !TransactionSynchronizationManager.isCurrentTransactionReadOnly();
    for (var key : wanted) {
      if (writing) {
        search.direct(key);
      } else {
        search.add(key);
      }
    }
    return search.run();
  }

  /** Something of this tenant has changed, on this node or another: nothing older is remembered here from now on. */
  public void changed(TenantId tenant, String topic) {
    CacheName.oldAfter(topic).forEach(cache -> near.changed(cache, tenant));
  }

  /** As {@link #changed}, on this node, which has to tell Redis by {@link #tell}. */
  public void changedHere(TenantId tenant, String... topics) {
    if (!shared(topics).isEmpty()) {
      untold.merge(tenant, 1, Integer::sum);
    }
    for (String topic : topics) {
      changed(tenant, topic);
    }
  }

  /** Makes what all nodes remember old, too. Waits for Redis, shortly. */
  public void tell(TenantId tenant, String... topics) {
    var caches = shared(topics);
    if (caches.isEmpty()) {
      return;
    }
    try {
      shared.renew(tenant, caches);
    } finally {
      untold.computeIfPresent(tenant, (one, changes) -> changes == 1 ? null : changes - 1);
    }
  }

  /** Changes may have been missed: nothing that this node remembers is believed. */
  public void anything() {
    near.anything();
  }

  private static Set<CacheName> shared(String... topics) {
    var caches = new LinkedHashSet<CacheName>();
    Arrays.stream(topics).flatMap(topic -> CacheName.oldAfter(topic).stream()).filter(CacheName::shared)
        .forEach(caches::add);
    return caches;
  }

  /** One answer in the making. */
  private final class Search {
    private final Function<Set<CacheKey<?>>, CacheValues> source;
    private final CacheValues values = new CacheValues();
    private final Set<CacheKey<?>> direct = new LinkedHashSet<>();
    private final Map<CacheKey<?>, Mine> mine = new LinkedHashMap<>();
    private final Map<CacheKey<?>, CompletableFuture<@Nullable Record>> others = new HashMap<>();

    /** A key that this thread looks for, for all threads of this node. */
    private record Mine(CompletableFuture<@Nullable Record> told, String name, long version) {}

    Search(Function<Set<CacheKey<?>>, CacheValues> source) {
      this.source = source;
    }

    void direct(CacheKey<?> key) {
      meters.count(key, BYPASS);
      direct.add(key);
    }

    void add(CacheKey<?> key) {
      var here = near.find(key);
      if (here != null) {
        meters.count(key, NEAR);
        values.put(key, here);
        return;
      }
      long version = near.version(key);
      // by version: who comes after a change does not wait for what was asked before
      var name = key.text() + "#" + version;
      var fresh = new CompletableFuture<@Nullable Record>();
      var other = reading.putIfAbsent(name, fresh);
      if (other == null) {
        mine.put(key, new Mine(fresh, name, version));
      } else {
        others.put(key, other);
      }
    }

    CacheValues run() {
      try {
        if (!mine.isEmpty() || !direct.isEmpty()) {
          find();
        }
      } catch (RuntimeException | Error e) {
        mine.values().forEach(one -> one.told().completeExceptionally(e));
        throw e;
      } finally {
        mine.values().forEach(one -> {
          one.told().complete(null);
          reading.remove(one.name(), one.told());
        });
      }
      others.forEach(this::join);
      return values;
    }

    private void find() {
      var look = look(mine.keySet());
      take(look);
      var token = UUID.randomUUID().toString();
      var locked = new ArrayList<CacheKey<?>>();
      var elsewhere = new LinkedHashSet<CacheKey<?>>();
      var now = new LinkedHashSet<>(direct);
      for (var key : open()) {
        var under = look.under().get(key);
        if (under == null || shared.lock(key, under, token)) {
          now.add(key);
          if (under != null) {
            locked.add(key);
          }
        } else {
          elsewhere.add(key);
        }
      }
      try {
        if (!locked.isEmpty()) {
          // whoever held the lock before may just have found it
          var again = look(locked);
          take(again);
          now.removeAll(again.found().keySet());
        }
        read(now, look);
      } finally {
        locked.forEach(key -> shared.unlock(key, String.valueOf(look.under().get(key)), token));
      }
      if (!elsewhere.isEmpty()) {
        read(await(elsewhere), look);
      }
    }

    private Shared.Look look(Collection<CacheKey<?>> keys) {
      var known = keys.stream().filter(key -> key.cache().shared() && !untold.containsKey(key.tenant())).toList();
      return known.isEmpty() ? Shared.Look.AWAY : shared.look(known);
    }

    private void take(Shared.Look look) {
      look.found().forEach((key, found) -> {
        meters.count(key, HIT);
        tell(key, found.value(), found.left());
      });
    }

    private Set<CacheKey<?>> open() {
      var open = new LinkedHashSet<CacheKey<?>>();
      mine.forEach((key, one) -> {
        if (!one.told().isDone()) {
          open.add(key);
        }
      });
      return open;
    }

    private void read(Set<CacheKey<?>> keys, Shared.Look look) {
      if (keys.isEmpty()) {
        return;
      }
      var fresh = source.apply(keys);
      for (var key : keys) {
        var value = fresh.raw(key);
        if (direct.contains(key)) {
          values.put(key, value);
          continue;
        }
        meters.count(key, MISS);
        if (value != null) {
          var under = look.under().get(key);
          // what changed while it was read is not worth remembering
          tell(key, value, under != null && near.version(key) == version(key)
              ? shared.write(key, value, under)
              : key.cache().atMost());
        }
      }
    }

    private long version(CacheKey<?> key) {
      var one = mine.get(key);
      return one == null ? -1 : one.version();
    }

    /** What another node reads; those that it has not found in time are left over. */
    private Set<CacheKey<?>> await(Set<CacheKey<?>> keys) {
      var left = new LinkedHashSet<>(keys);
      long end = System.nanoTime() + OTHER_NODE.toNanos();
      while (!left.isEmpty() && System.nanoTime() < end) {
        try {
          Thread.sleep(LOOK_AGAIN);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          break;
        }
        var look = look(left);
        take(look);
        left.removeAll(look.found().keySet());
        if (look.under().isEmpty()) {
          break;
        }
      }
      return left;
    }

    private void tell(CacheKey<?> key, Record value, Duration time) {
      var one = mine.get(key);
      values.put(key, value);
      if (one != null) {
        near.put(key, value, one.version(), time);
        one.told().complete(value);
      }
    }

    private void join(CacheKey<?> key, CompletableFuture<@Nullable Record> other) {
      try {
        var value = other.get(OTHER_THREAD.toMillis(), TimeUnit.MILLISECONDS);
        if (value != null) {
          meters.count(key, NEAR);
          values.put(key, value);
          return;
        }
      } catch (ExecutionException e) {
        throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (TimeoutException _) {
        // it takes its time; this one goes by itself
      }
      meters.count(key, MISS);
      values.put(key, source.apply(Set.of(key)).raw(key));
    }
  }
}
