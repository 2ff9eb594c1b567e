package io.chom.operations;

import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * Carries out one type of operation. Implemented by the room that owns the subject.
 *
 * <p>The work itself happens outside any transaction and may be asked for again with the same operation after a panel
 * died: whoever carries it out asks the server by the operation's id what already happened. Each {@code when…} method
 * runs in the transaction that ends the operation, so that the subject and the operation never disagree.
 */
public interface OperationHandler {
  OperationType type();

  /**
   * Does the work, and answers what is to be remembered of it.
   *
   * @throws OperationRefused it was not done; it is asked for anew only if that says it may help, and
   *         {@link #repeatable}
   * @throws OperationNotSent nothing has left the panel; it is tried again later
   * @throws OutcomeUnknown it was sent, and the server does not answer; the operation goes on waiting
   */
  Map<String, Object> carryOut(OperationRun run);

  /** The work is done; called in the transaction that says so. */
  void whenSucceeded(Operation operation, JsonNode result);

  /** The work is refused for good; called in the transaction that says so. */
  void whenFailed(Operation operation, String code, String message);

  /**
   * Whether the same work may be asked for anew after it failed half-way: it goes on from whatever the failed try left
   * behind.
   */
  default boolean repeatable() {
    return false;
  }

  /** The right that asking for this work needs, written as a token's scope such as {@code sites:write}. */
  default String right(Operation operation) {
    return "fleet:write";
  }

  /**
   * Makes the subject ready for the same change once more, and answers what is to be asked for; called in the transaction
   * that asks for it. Fails where the subject does not allow it now.
   */
  default NewOperation repeat(Operation failed) {
    throw new IllegalStateException(type() + " cannot be repeated");
  }

  /** Whether {@link #stop} can end the work once it was sent. */
  default boolean stoppable() {
    return false;
  }

  /**
   * Ends the work where it runs, and answers what of it is there, in the server's words ({@code vhost:/etc/…}). Called on
   * another thread than {@link #carryOut}, which hears of the end by itself; and again until there is an answer.
   *
   * @throws OutcomeUnknown the server is silent, or does not know the work yet
   */
  default List<String> stop(OperationRun run) {
    throw new IllegalStateException(type() + " cannot be stopped");
  }

  /**
   * The work was cancelled; called in the transaction that says so.
   *
   * @param begun whether it had been sent; otherwise nothing has happened anywhere
   */
  default void whenCancelled(Operation operation, boolean begun) {
    throw new IllegalStateException(type() + " cannot be cancelled");
  }
}
