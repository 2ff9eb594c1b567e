package io.chom.queue;

import io.lettuce.core.ClientOptions.DisconnectedBehavior;
import io.lettuce.core.resource.Delay;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.springframework.boot.data.redis.autoconfigure.ClientResourcesBuilderCustomizer;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientOptionsBuilderCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * How the Redis client bears a Redis that is away: what is asked meanwhile fails at once instead of waiting for its
 * return, and attempts to connect again drift apart, so that many nodes do not all come back in one moment.
 */
@Configuration(proxyBeanMethods = false)
class RedisClientConfiguration {
  static final Duration SHORTEST = Duration.ofMillis(50);
  static final Duration LONGEST = Duration.ofSeconds(2);
  /** A Redis that is frozen takes questions and answers none: beyond so many, more are refused. */
  static final int MOST_ASKED = 10_000;

  @Bean
  LettuceClientOptionsBuilderCustomizer failAtOnceWhileAway() {
    return options -> options.disconnectedBehavior(DisconnectedBehavior.REJECT_COMMANDS).requestQueueSize(MOST_ASKED);
  }

  @Bean
  ClientResourcesBuilderCustomizer reconnectWithJitter() {
    return resources -> resources
        .reconnectDelay(Delay.decorrelatedJitter(SHORTEST, LONGEST, SHORTEST.toMillis(), TimeUnit.MILLISECONDS));
  }
}
