package io.chom.operations;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.springframework.stereotype.Component;

/** Who carries out what. */
@Component
class Handlers {
  private final Map<OperationType, OperationHandler> byType;

  Handlers(List<OperationHandler> handlers) {
    this.byType = handlers.stream()
        .collect(Collectors.toUnmodifiableMap(OperationHandler::type, Function.identity()));
  }

  /** Empty for a type that only a newer panel knows. */
  Optional<OperationHandler> of(OperationType type) {
    return Optional.ofNullable(byType.get(type));
  }
}
