package io.chom.dashboard;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.chom.live.LiveListener;
import io.chom.operations.Topics;
import io.chom.sites.SiteTopics;
import io.chom.tenancy.TenantId;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Supplier;
import org.springframework.stereotype.Component;

/**
 * Keeps each tenant's overview on this node until something in it changes, on whichever node, and for a minute at most.
 * Many who want the same one at once have it read once.
 */
@Component
class NearOverviews implements LiveListener {
  private static final int STRIPES = 1_024;
  private static final Duration KEPT = Duration.ofSeconds(60);
  private static final Set<String> SHOWN = Set.of(SiteTopics.ALL, Topics.ALL);

  private final Cache<TenantId, Overview> kept = Caffeine.newBuilder().maximumSize(10_000).expireAfterWrite(KEPT)
      .build();
  private final Map<TenantId, CompletableFuture<Overview>> reading = new ConcurrentHashMap<>();
  /** Each grows with the changes of its tenants, some of whom share one: what was read before a change is not kept. */
  private final AtomicLongArray changes = new AtomicLongArray(STRIPES);

  Overview get(TenantId tenant, Supplier<Overview> read) {
    var near = kept.getIfPresent(tenant);
    if (near != null) {
      return near;
    }
    var mine = new CompletableFuture<Overview>();
    var others = reading.putIfAbsent(tenant, mine);
    return others == null ? read(tenant, read, mine) : join(others);
  }

  private Overview read(TenantId tenant, Supplier<Overview> read, CompletableFuture<Overview> mine) {
    int stripe = stripe(tenant);
    long before = changes.get(stripe);
    try {
      var fresh = read.get();
      kept.put(tenant, fresh);
      if (changes.get(stripe) != before) {
        kept.invalidate(tenant);
      }
      mine.complete(fresh);
      return fresh;
    } catch (RuntimeException e) {
      mine.completeExceptionally(e);
      throw e;
    } finally {
      reading.remove(tenant, mine);
    }
  }

  private static int stripe(TenantId tenant) {
    return Math.floorMod(tenant.hashCode(), STRIPES);
  }

  private static Overview join(CompletableFuture<Overview> others) {
    try {
      return others.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  @Override
  public void changed(TenantId tenant, String topic) {
    if (SHOWN.contains(topic)) {
      changes.incrementAndGet(stripe(tenant));
      // who comes from now on reads anew, also while somebody else still reads what was before
      reading.remove(tenant);
      kept.invalidate(tenant);
    }
  }

  @Override
  public void anything() {
    for (int stripe = 0; stripe < STRIPES; stripe++) {
      changes.incrementAndGet(stripe);
    }
    reading.clear();
    kept.invalidateAll();
  }
}
