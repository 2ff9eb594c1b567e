package io.chom.api;

import io.chom.operations.Operation;
import java.util.UUID;
import org.springframework.http.ResponseEntity;

/**
 * A change that has been promised: 202 (RFC 9110 section 15.3.3).
 *
 * @param id the thing that changes
 */
record Accepted(UUID id, OperationBody operation) {
  static ResponseEntity<Accepted> of(UUID id, Operation operation) {
    return ResponseEntity.accepted().header("Location", "/api/v1/operations/" + operation.id())
        .body(new Accepted(id, OperationBody.of(operation)));
  }
}
