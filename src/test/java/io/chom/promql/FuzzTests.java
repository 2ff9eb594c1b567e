package io.chom.promql;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever somebody types: an expression of the tenant's, or a refusal. On a small stack, within a time. */
class FuzzTests {
  private static final long SMALL_STACK = 512 << 10;

  @Test
  @Timeout(300)
  void fiftyThousandStrangeTextsEndInAScopeOrARefusal() throws Exception {
    assertThat(onASmallStack(1, 50_000)).isGreaterThan(3_000);
  }

  @Test
  @Tag("acceptance")
  @Timeout(600)
  void aMillionStrangeTextsEndInAScopeOrARefusal() throws Exception {
    assertThat(onASmallStack(20_261_126, 1_000_000)).isGreaterThan(60_000);
  }

  private static int onASmallStack(long seed, int count) throws InterruptedException {
    var result = new java.util.concurrent.FutureTask<>(() -> Fuzz.scope(seed, count));
    var thread = new Thread(null, result, "small stack", SMALL_STACK);
    thread.start();
    assertThat(thread.join(Duration.ofMinutes(9))).isTrue();
    return result.resultNow();
  }
}
