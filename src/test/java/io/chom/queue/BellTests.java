package io.chom.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.common.Uuid7;
import io.chom.queue.BellRinging.Ring;
import io.chom.ssh.Eventually;
import io.chom.testing.ChomTest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.data.redis.connection.stream.Consumer;
import org.springframework.data.redis.connection.stream.ReadOffset;
import org.springframework.data.redis.connection.stream.StreamOffset;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** Bells on a real Redis leave nothing behind. */
@ChomTest
class BellTests {
  private static final String GROUP = "workers";
  private static final Duration SOON = Duration.ofMillis(400);

  @Autowired
  Bell bell;
  @Autowired
  BellRinging ringing;
  @Autowired
  StringRedisTemplate redis;
  @Autowired
  TransactionTemplate transaction;
  String stream;

  @BeforeEach
  void aStreamOfItsOwn() {
    stream = "test:bell:" + Uuid7.next();
    ringing.await(stream, GROUP, "one", Duration.ofMillis(10));
    join("one");
  }

  /** Who hears a bell is a member. */
  private void join(String member) {
    redis.opsForStream().add(stream, Map.of("id", member));
    assertThat(ringing.await(stream, GROUP, member, SOON)).isEqualTo(Ring.RANG);
  }

  @Test
  void oneRingWakesOneMemberAndIsGone() {
    transaction.executeWithoutResult(status -> bell.ringAfterCommit(stream, "a"));
    assertThat(ringing.await(stream, GROUP, "one", SOON)).isEqualTo(Ring.RANG);
    assertThat(ringing.await(stream, GROUP, "two", Duration.ofMillis(10))).isEqualTo(Ring.SILENT);
    assertThat(redis.opsForStream().pending(stream, GROUP).getTotalPendingMessages()).isZero();
    Eventually.that(() -> Objects.equals(redis.opsForStream().size(stream), 0L));
  }

  @Test
  void whoLeavesIsNoMemberAnyMore() {
    join("two");
    assertThat(members()).containsExactlyInAnyOrder("one", "two");
    ringing.leave(stream, GROUP, "two");
    ringing.leave(stream, GROUP, "never there");
    assertThat(members()).containsExactly("one");
  }

  @Test
  void whoDiedIsSweptWithWhatItHeardAndTheLivingStay() {
    redis.opsForStream().add(stream, Map.of("id", "heard and not answered"));
    redis.opsForStream().read(Consumer.from(GROUP, "dead"),
        StreamOffset.create(stream,
            ReadOffset.lastConsumed()));
    assertThat(ringing.sweep(stream, GROUP, Duration.ofMinutes(10))).isZero();
    Eventually.that(() -> {
      join("one");
      return ringing.sweep(stream, GROUP, Duration.ofMillis(300)) == 1;
    });
    assertThat(members()).containsExactly("one");
    assertThat(redis.opsForStream().pending(stream, GROUP).getTotalPendingMessages()).isZero();
  }

  private List<String> members() {
    return redis.opsForStream().consumers(stream, GROUP).stream().map(member -> member.consumerName()).toList();
  }
}
