package io.chom.cache;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where values are remembered.
 *
 * @param store {@code redis}, or {@code none}: then each node remembers nothing and reads everything anew
 * @param database the logical database of the cache, apart from that of sessions and the queue; a cluster has only one
 * @param prefix what every key begins with
 * @param timeout for how long a page waits for an answer, once
 */
@ConfigurationProperties("chom.cache")
record CacheProperties(@DefaultValue("redis") String store, @DefaultValue("1") int database,
    @DefaultValue("chom-cache-") String prefix, @DefaultValue("200ms") Duration timeout) {
  boolean inRedis() {
    return store.equals("redis");
  }
}
