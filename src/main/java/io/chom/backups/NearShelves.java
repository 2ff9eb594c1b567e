package io.chom.backups;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.chom.live.LiveListener;
import io.chom.sites.SiteTopics;
import io.chom.tenancy.TenantId;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.springframework.stereotype.Component;

/**
 * Keeps what stands around each tenant's list of backups on this node until something in it changes, on whichever node,
 * and for five minutes at most.
 */
@Component
class NearShelves implements LiveListener {
  private static final Duration KEPT = Duration.ofSeconds(300);
  private static final Set<String> SHOWN = Set.of(SiteTopics.ALL, BackupTopics.ALL, BackupTopics.TARGETS);

  private final Cache<TenantId, BackupShelf> kept = Caffeine.newBuilder().maximumSize(10_000).expireAfterWrite(KEPT)
      .build();
  /** What was read before a change is not kept. Anybody's change counts: reading once more costs little. */
  private final AtomicLong changes = new AtomicLong();

  BackupShelf get(TenantId tenant, Supplier<BackupShelf> read) {
    var near = kept.getIfPresent(tenant);
    if (near != null) {
      return near;
    }
    long before = changes.get();
    var fresh = read.get();
    kept.put(tenant, fresh);
    if (changes.get() != before) {
      kept.invalidate(tenant);
    }
    return fresh;
  }

  @Override
  public void changed(TenantId tenant, String topic) {
    if (SHOWN.contains(topic)) {
      changes.incrementAndGet();
      kept.invalidate(tenant);
    }
  }

  @Override
  public void anything() {
    changes.incrementAndGet();
    kept.invalidateAll();
  }
}
