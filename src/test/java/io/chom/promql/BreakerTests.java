package io.chom.promql;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BreakerTests {
  private long now;
  private final Breaker breaker = new Breaker(() -> now);

  private void fail() {
    assertThat(breaker.lets()).isTrue();
    long began = ++now;
    now++;
    breaker.failed(began);
  }

  @Test
  void restsAfterThreeInARowAndLetsOneThroughToSee() {
    fail();
    fail();
    breaker.answered();
    fail();
    fail();
    assertThat(breaker.open()).isFalse();
    fail();
    assertThat(breaker.open()).isTrue();
    assertThat(breaker.lets()).isFalse();
    now += Duration.ofSeconds(10).toNanos();
    assertThat(breaker.lets()).isTrue();
    assertThat(breaker.lets()).as("while one is under way").isFalse();
    breaker.failed(now);
    assertThat(breaker.lets()).as("it failed again").isFalse();
    now += Duration.ofSeconds(10).toNanos();
    assertThat(breaker.lets()).isTrue();
    breaker.unknown();
    assertThat(breaker.lets()).as("nothing came of the one before").isTrue();
    breaker.answered();
    assertThat(breaker.open()).isFalse();
    assertThat(breaker.lets()).isTrue();
  }

  @Test
  void whatWasAskedTogetherFailsOnce() {
    long began = ++now;
    now++;
    for (int page = 0; page < 100; page++) {
      breaker.failed(began);
    }
    assertThat(breaker.open()).isFalse();
  }

  @Test
  void aLateFailureDoesNotStretchTheRest() {
    long early = ++now;
    fail();
    fail();
    fail();
    long rest = now;
    now = rest + Duration.ofSeconds(9).toNanos();
    breaker.failed(early);
    now = rest + Duration.ofSeconds(10).toNanos();
    assertThat(breaker.lets()).isTrue();
  }
}
