package io.chom.operations;

import io.chom.audit.Audit;
import io.chom.common.Actor;
import io.chom.live.LiveEvents;
import io.chom.queue.Bell;
import io.chom.tenancy.TenantContext;
import java.util.Map;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/**
 * Takes back what was asked for. What waits is cancelled at once; what runs is being cancelled until its server has
 * confirmed that nothing of it lives, or that it had ended before. Where the server will never answer again, an operator
 * may give the operation up.
 */
@Service
public class Cancellation {
  private static final String OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN";
  private static final String GIVEN_UP = "The server never said how it ended, and an operator gave it up. It may have"
      + " happened or not: look at the server before you ask for it again.";

  private final OperationRows rows;
  private final Handlers handlers;
  private final Audit audit;
  private final Bell bell;
  private final LiveEvents live;
  private final ApplicationEventPublisher events;
  private final OperationMetrics metrics;

  Cancellation(OperationRows rows, Handlers handlers, Audit audit, Bell bell, LiveEvents live,
      ApplicationEventPublisher events, OperationMetrics metrics) {
    this.rows = rows;
    this.handlers = handlers;
    this.audit = audit;
    this.bell = bell;
    this.live = live;
    this.events = events;
    this.metrics = metrics;
  }

  /** Whether {@link #cancel} would do something now. */
  public boolean possible(Operation operation) {
    return (operation.status() == OperationStatus.QUEUED || operation.status() == OperationStatus.RUNNING)
        && handlers.of(operation.type()).filter(OperationHandler::stoppable).isPresent();
  }

  /**
   * Cancels one operation of the current tenant. Once more changes nothing.
   *
   * @return the operation as it is now: CANCELLED, or CANCELLING while its server has to confirm it
   * @throws OperationNotFound there is none by that id for this tenant
   * @throws OperationNotCancellable it is over, or its work cannot be stopped half-way
   */
  @Transactional
  public Operation cancel(OperationId id, Actor actor) {
    var operation = rows.lock(id).orElseThrow(() -> new OperationNotFound(id));
    if (operation.status() == OperationStatus.CANCELLING || operation.status() == OperationStatus.CANCELLED) {
      return operation;
    }
    if (!possible(operation)) {
      throw new OperationNotCancellable(operation, operation.status().ended());
    }
    var handler = handlers.of(operation.type()).orElseThrow();
    audit.record(actor, "operation.cancel", operation.subject().kind(), operation.subject().id(),
        operation.subject().label(), Map.of("operation", id.toString(), "type", operation.type().value()));
    if (operation.status() == OperationStatus.QUEUED) {
      rows.cancelQueued(id);
      handler.whenCancelled(operation, operation.tries() > 1);
      metrics.ended(operation, OperationStatus.CANCELLED);
      events.publishEvent(new OperationEnded(TenantContext.current(), id));
    } else {
      rows.cancelRunning(id);
      bell.ringAfterCommit(Operations.STREAM, id.toString());
    }
    announce(operation);
    return rows.find(id).orElseThrow();
  }

  /** Whether {@link #giveUp} would do something now: the work was sent, and its server is silent. */
  public boolean hopeless(Operation operation) {
    return operation.waitingSince() != null && !operation.status().ended();
  }

  /**
   * Ends an operation of the current tenant whose server does not answer, as failed with an unknown outcome: it may have
   * happened or not. For operators, who know that the server is gone.
   *
   * @throws OperationNotFound there is none by that id for this tenant
   * @throws OperationNotCancellable it does not wait for a silent server
   */
  @Transactional
  public Operation giveUp(OperationId id, Actor actor) {
    var operation = rows.lock(id).orElseThrow(() -> new OperationNotFound(id));
    if (!hopeless(operation)) {
      throw new OperationNotCancellable(operation, operation.status().ended());
    }
    audit.record(actor, "operation.give-up", operation.subject().kind(), operation.subject().id(),
        operation.subject().label(), Map.of("operation", id.toString(), "type", operation.type().value()));
    rows.fail(id, OUTCOME_UNKNOWN, GIVEN_UP);
    metrics.ended(operation, OperationStatus.FAILED);
    handlers.of(operation.type()).ifPresent(handler -> handler.whenFailed(operation, OUTCOME_UNKNOWN, GIVEN_UP));
    events.publishEvent(new OperationEnded(TenantContext.current(), id));
    announce(operation);
    return rows.find(id).orElseThrow();
  }

  private void announce(Operation operation) {
    live.changedAfterCommit(TenantContext.current(), Topics.operation(operation.id()), Topics.ALL,
        Topics.subject(operation.subject()));
  }
}
