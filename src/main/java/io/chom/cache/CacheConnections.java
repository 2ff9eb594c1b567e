package io.chom.cache;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.SslVerifyMode;
import io.lettuce.core.resource.ClientResources;
import java.time.Duration;
import java.util.Optional;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisSentinelConfiguration;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.connection.lettuce.RedisCredentialsProviderFactory;

/**
 * Reaches the same Redis as the rest of the panel, in a database of its own that can be emptied without ending anybody's
 * session, and with less patience: whatever is in a cache can be had elsewhere.
 */
final class CacheConnections {
  private final LettuceConnectionFactory factory;

  CacheConnections(LettuceConnectionFactory panels, CacheProperties settings) {
    factory = new LettuceConnectionFactory(place(panels, settings.database()),
        new Impatient(panels.getClientConfiguration(), settings.timeout()));
    factory.setEagerInitialization(false);
    factory.afterPropertiesSet();
    factory.start();
  }

  LettuceConnectionFactory factory() {
    return factory;
  }

  /** A machine that lost its power leaves a connection behind that nobody ends. */
  void anew() {
    factory.resetConnection();
  }

  void close() {
    factory.destroy();
  }

  private static RedisConfiguration place(LettuceConnectionFactory panels, int database) {
    var cluster = panels.getClusterConfiguration();
    if (cluster != null) {
      // a cluster has one database; the prefix tells the two apart
      return cluster;
    }
    var sentinel = panels.getSentinelConfiguration();
    return sentinel == null ? standalone(panels.getStandaloneConfiguration(), database) : sentinel(sentinel, database);
  }

  private static RedisConfiguration standalone(RedisStandaloneConfiguration panels, int database) {
    var place = new RedisStandaloneConfiguration(panels.getHostName(), panels.getPort());
    place.setUsername(panels.getUsername());
    place.setPassword(panels.getPassword());
    place.setDatabase(database);
    return place;
  }

  private static RedisConfiguration sentinel(RedisSentinelConfiguration panels, int database) {
    var place = new RedisSentinelConfiguration();
    place.setMaster(java.util.Objects.requireNonNull(panels.getMaster()));
    place.setSentinels(panels.getSentinels());
    place.setUsername(panels.getUsername());
    place.setPassword(panels.getPassword());
    place.setSentinelUsername(panels.getSentinelUsername());
    place.setSentinelPassword(panels.getSentinelPassword());
    place.setDatabase(database);
    return place;
  }

  /** The panel's client, but for how long it waits. */
  private record Impatient(LettuceClientConfiguration panels, Duration patience) implements LettuceClientConfiguration {
    @Override
    public boolean isUseSsl() { return panels.isUseSsl(); }

    @Override
    public boolean isVerifyPeer() { return panels.getVerifyMode() != SslVerifyMode.NONE; }

    @Override
    public SslVerifyMode getVerifyMode() { return panels.getVerifyMode(); }

    @Override
    public boolean isStartTls() { return panels.isStartTls(); }

    @Override
    public Optional<ClientResources> getClientResources() { return panels.getClientResources(); }

    @Override
    public Optional<ClientOptions> getClientOptions() { return panels.getClientOptions(); }

    @Override
    public Optional<String> getClientName() { return Optional.of("chom-cache"); }

    @Override
    public Optional<io.lettuce.core.ReadFrom> getReadFrom() { return Optional.empty(); }

    @Override
    public Optional<RedisCredentialsProviderFactory> getRedisCredentialsProviderFactory() {
      return panels.getRedisCredentialsProviderFactory();
    }

    @Override
    public Duration getCommandTimeout() { return patience; }

    @Override
    public Duration getShutdownTimeout() { return panels.getShutdownTimeout(); }

    @Override
    public Duration getShutdownQuietPeriod() { return panels.getShutdownQuietPeriod(); }
  }
}
