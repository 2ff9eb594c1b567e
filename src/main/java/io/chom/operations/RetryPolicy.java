package io.chom.operations;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Whether trouble is worth another try, and when. Types and codes decide, never texts.
 *
 * <ul>
 * <li>Nothing was sent ({@link OperationNotSent}): for as long as it takes, since it can do no harm.
 * <li>The server is silent ({@link OutcomeUnknown}): no try at all, the same work is asked after again and again.
 * <li>The server said that it passes ({@link OperationRefused#retryable}): so often as its code says here, each time
 * under an id of its own.
 * <li>Everything else is final.
 * </ul>
 */
final class RetryPolicy {
  private static final Duration LONGEST = Duration.ofMinutes(5);

  /** @param most tries in all, the first included */
  private record Patience(Duration first, int most) {}

  private static final Patience OTHER = new Patience(Duration.ofSeconds(30), 3);
  private static final Map<String, Patience> BY_CODE = Map.of(
      // somebody else is at work there, and will be done
      "BUSY", new Patience(Duration.ofSeconds(5), 8),
      // the machine went down under it, and is coming back
      "OPERATION_INTERRUPTED", new Patience(Duration.ofSeconds(10), 5),
      // a package source, a daemon: some recover in a moment, and some need a person, who should not wait for long
      "DEPENDENCY_FAILED", new Patience(Duration.ofSeconds(15), 4));

  private RetryPolicy() {}

  /** How long to wait before the try after a refusal; empty when this was the last one. */
  static Optional<Duration> after(OperationRefused refused, int tries) {
    if (!refused.retryable()) {
      return Optional.empty();
    }
    var patience = patience(refused.code());
    return tries < patience.most() ? Optional.of(jittered(doubled(patience.first(), tries))) : Optional.empty();
  }

  /** How many tries an operation has that waits for its next because of this code; empty for as many as it takes. */
  static OptionalInt most(@Nullable String code, int tries) {
    return code == null || tries == 1 ? OptionalInt.empty() : OptionalInt.of(patience(code).most());
  }

  /** How long to wait before the server is tried or asked again: from one second to five minutes. */
  static Duration unsent(int attempt) {
    return jittered(doubled(Duration.ofSeconds(1), attempt));
  }

  private static Patience patience(String code) {
    return BY_CODE.getOrDefault(code, OTHER);
  }

  private static Duration doubled(Duration first, int times) {
    long millis = first.toMillis() << Math.min(20, Math.max(0, times - 1));
    return Duration.ofMillis(Math.min(LONGEST.toMillis(), millis));
  }

  /** A server that comes back is not met by all at once. */
  private static Duration jittered(Duration pause) {
    return Duration.ofMillis((long) (pause.toMillis() * (0.75 + ThreadLocalRandom.current().nextDouble() * 0.5)));
  }
}
