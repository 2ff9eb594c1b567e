package io.chom.web.security;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.stereotype.Component;

/** Redis as the panel finds it: one that answers but takes nothing is down, which the library's own look would miss. */
@Component("redisHealthIndicator")
class RedisHealth extends AbstractHealthIndicator {
  private final Reachability reach;

  RedisHealth(Reachability reach) {
    super("Redis is away");
    this.reach = reach;
  }

  @Override
  protected void doHealthCheck(Health.Builder builder) {
    if (reach.away()) {
      builder.down();
    } else {
      reach.tryWriting();
      builder.up();
    }
  }
}
