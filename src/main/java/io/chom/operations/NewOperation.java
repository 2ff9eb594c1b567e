package io.chom.operations;

import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A change that somebody asks for.
 *
 * @param server the server it will run on, which limits how many run there at once; null for none
 * @param payload what the handler needs to know, kept with the operation; never a secret
 * @param idempotencyKey the same key asked for again by the same tenant answers the operation it already made
 */
public record NewOperation(OperationType type, Subject subject, @Nullable UUID server, Lane lane,
    Map<String, Object> payload, @Nullable String idempotencyKey) {

  /** A change that a person is waiting for. */
  public static NewOperation interactive(OperationType type, Subject subject, @Nullable UUID server,
      Map<String, Object> payload) {
    return new NewOperation(type, subject, server, Lane.INTERACTIVE, payload, null);
  }
}
