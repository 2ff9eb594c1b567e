package io.chom.cache;

import io.chom.tenancy.TenantId;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import org.springframework.data.redis.connection.RedisPassword;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import tools.jackson.databind.json.JsonMapper;

/** The cache of one node, for tests; several of one prefix remember together. */
final class CacheNode implements AutoCloseable {
  final CacheRedis redis;
  final TenantCache cache;
  final MeterRegistry meters = new SimpleMeterRegistry();
  private final LettuceConnectionFactory panels;

  /** One that waits for Redis as long as a busy machine may need. */
  CacheNode(String url, String prefix) {
    this(url, new CacheProperties("redis", 1, prefix, Duration.ofSeconds(10)));
  }

  CacheNode(String url, CacheProperties settings) {
    var uri = URI.create(url);
    var place = new RedisStandaloneConfiguration(uri.getHost(), uri.getPort());
    place.setPassword(RedisPassword.none());
    panels = new LettuceConnectionFactory(place, LettuceClientConfiguration.defaultConfiguration());
    panels.afterPropertiesSet();
    redis = new CacheRedis(panels, settings);
    cache = new TenantCache(redis, JsonMapper.builder().build(), Clock.systemUTC(), meters);
  }

  /** As when something is changed on this node. */
  void change(TenantId tenant, String topic) {
    cache.changedHere(tenant, topic);
    cache.tell(tenant, topic);
  }

  double counted(CacheName name, String result) {
    return meters.counter("chom.cache.requests", "cache", name.key(), "result", result).count();
  }

  @Override
  public void close() {
    redis.destroy();
    panels.destroy();
  }
}
