package io.chom.operations;

import io.chom.audit.Audit;
import io.chom.common.Actor;
import java.util.Map;
import java.util.Optional;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/**
 * Asks once more for a change that failed: as a new operation, linked to the failed one, which stays what it is. A failed
 * operation is asked for again once, however often and by how many somebody asks.
 */
@Service
public class Retries {
  private final OperationRows rows;
  private final Operations operations;
  private final Handlers handlers;
  private final Audit audit;

  Retries(OperationRows rows, Operations operations, Handlers handlers, Audit audit) {
    this.rows = rows;
    this.operations = operations;
    this.handlers = handlers;
    this.audit = audit;
  }

  /** Whether {@link #again} would do something now, as far as the operations themselves tell. */
  @Transactional(readOnly = true)
  public boolean possible(Operation operation) {
    return operation.status() == OperationStatus.FAILED && repeatable(operation)
        && !rows.hasLater(operation.id(), operation.subject().id());
  }

  /** The right that this change needs, written as a token's scope; empty where it cannot be asked for again. */
  public Optional<String> right(Operation operation) {
    return handlers.of(operation.type()).filter(OperationHandler::repeatable).map(handler -> handler.right(operation));
  }

  /** The operation by which a failed one was asked for again. */
  @Transactional(readOnly = true)
  public Optional<Operation> repeating(OperationId failed) {
    return rows.repeating(failed);
  }

  /**
   * Asks for the same change again.
   *
   * @return the new operation, or the one that was asked for before
   * @throws OperationNotFound there is none by that id for this tenant
   * @throws OperationNotRepeatable it has not failed, cannot be asked for like that, or is no longer the last change
   */
  @Transactional
  public Operation again(OperationId id, Actor actor) {
    var failed = rows.lock(id).orElseThrow(() -> new OperationNotFound(id));
    var before = rows.repeating(id);
    if (before.isPresent()) {
      return before.get();
    }
    if (failed.status() != OperationStatus.FAILED) {
      throw new OperationNotRepeatable("OPERATION_NOT_FAILED",
          "Only what failed is asked for again. The operation is " + failed.status() + ".");
    }
    if (!repeatable(failed)) {
      throw new OperationNotRepeatable("OPERATION_NOT_REPEATABLE",
          failed.type() + " cannot be asked for again like this. Start it anew where you started it.");
    }
    if (rows.hasLater(id, failed.subject().id())) {
      throw new OperationNotRepeatable("OPERATION_SUPERSEDED",
          "There was a later change of " + failed.subject().label() + ". Look at that one.");
    }
    var wanted = handlers.of(failed.type()).orElseThrow().repeat(failed);
    audit.record(actor, "operation.retry", failed.subject().kind(), failed.subject().id(), failed.subject().label(),
        Map.of("operation", id.toString(), "type", failed.type().value()));
    return operations.repeat(wanted, failed, actor);
  }

  private boolean repeatable(Operation operation) {
    return handlers.of(operation.type()).filter(OperationHandler::repeatable).isPresent();
  }
}
