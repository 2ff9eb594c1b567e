package io.chom.operations;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Clock;
import java.time.Duration;
import java.util.Locale;
import org.springframework.stereotype.Component;

/** Operations in figures: how they end and after how long, how often they are taken up, tried again and adopted. */
@Component
class OperationMetrics {
  private final MeterRegistry registry;
  private final Clock clock;

  OperationMetrics(MeterRegistry registry, Clock clock) {
    this.registry = registry;
    this.clock = clock;
  }

  /** A worker has taken it up; {@code adopted} from another that left it. */
  void taken(Operation operation, boolean adopted) {
    Counter.builder("chom.operation.attempts").description("Operations taken up by workers")
        .tag("type", operation.type().value()).tag("adopted", Boolean.toString(adopted)).register(registry).increment();
  }

  void postponed(Operation operation, String code) {
    Counter.builder("chom.operation.retries").description("Tries that failed and are followed by another")
        .tag("type", operation.type().value()).tag("code", code).register(registry).increment();
  }

  /** Since it was asked for. */
  void ended(Operation operation, OperationStatus outcome) {
    Timer.builder("chom.operations").description("Operations that ended, from the request on")
        .tag("type", operation.type().value()).tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
        .register(registry).record(Duration.between(operation.createdAt(), clock.instant()).abs());
  }
}
