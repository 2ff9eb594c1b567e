package io.chom.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ClientOptions.DisconnectedBehavior;
import io.lettuce.core.resource.ClientResources;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RedisClientTests {
  private final RedisClientConfiguration configuration = new RedisClientConfiguration();

  @Test
  void attemptsToConnectDriftApartWithinTheirBounds() {
    var resources = ClientResources.builder();
    configuration.reconnectWithJitter().customize(resources);
    var built = resources.build();
    try {
      var one = built.reconnectDelay();
      var other = built.reconnectDelay();
      var pauses = IntStream.rangeClosed(1, 50).mapToObj(one::createDelay).toList();
      assertThat(pauses).allSatisfy(pause -> assertThat(pause).isBetween(RedisClientConfiguration.SHORTEST,
          RedisClientConfiguration.LONGEST));
      assertThat(pauses).isNotEqualTo(IntStream.rangeClosed(1, 50).mapToObj(other::createDelay).toList());
    } finally {
      built.shutdown();
    }
  }

  @Test
  void whatIsAskedWhileRedisIsAwayFailsAtOnce() {
    var options = ClientOptions.builder();
    configuration.failAtOnceWhileAway().customize(options);
    assertThat(options.build().getDisconnectedBehavior()).isEqualTo(DisconnectedBehavior.REJECT_COMMANDS);
    assertThat(options.build().getRequestQueueSize()).as("nor do questions pile up").isEqualTo(
        RedisClientConfiguration.MOST_ASKED);
  }
}
