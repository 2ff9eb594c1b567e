package io.chom.web.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.chom.ssh.Eventually;
import io.lettuce.core.RedisException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.springframework.data.redis.RedisConnectionFailureException;

class ReachabilityTest {
  private final AtomicBoolean dead = new AtomicBoolean(true);
  private final AtomicInteger connected = new AtomicInteger();
  private final AtomicInteger asked = new AtomicInteger();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final Reachability reach = new Reachability(this::ping, () -> {
    connected.incrementAndGet();
    dead.set(false);
  }, meters);

  private void ping() {
    if (dead.get()) {
      throw new RedisConnectionFailureException("nobody answers on this connection");
    }
  }

  private boolean asks() {
    return Boolean.TRUE.equals(reach.ask(() -> {
      asked.incrementAndGet();
      ping();
      return true;
    }));
  }

  @Test
  void aConnectionThatNobodyEndsIsLetGoOf() {
    assertThatThrownBy(this::asks).isInstanceOf(SessionsAway.class);
    Eventually.that(() -> !reach.away());
    assertThat(connected).hasValue(1);
    assertThat(asks()).isTrue();
  }

  @Test
  void aConnectionClosedOnThisSideIsNoOutage() {
    assertThat(reach.<Boolean>ask(() -> {
      if (dead.get()) {
        throw new RedisException("Connection is closed");
      }
      return true;
    })).isTrue();
    assertThat(reach.away()).isFalse();
    assertThat(connected).hasValue(1);
  }

  @Test
  void onlyTheFirstWaitsInVain() {
    for (int i = 0; i < 20; i++) {
      assertThatThrownBy(this::asks).isInstanceOf(SessionsAway.class);
    }
    assertThat(asked).hasValue(1);
    assertThat(meters.counter("chom.redis.asked.in.vain").count()).isEqualTo(1);
  }
}
