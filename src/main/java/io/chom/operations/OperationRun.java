package io.chom.operations;

/**
 * One worker's hold on one operation. Everything it writes is refused once another worker has taken over.
 *
 * <p>Offsets are byte offsets in the event file of the agent's journal: events at or before
 * {@link #agentOffset()} are already in the log, so that an adopting worker goes on exactly there.
 */
public interface OperationRun {
  Operation operation();

  /** Grows with each worker that takes a subject up; the agent refuses a lower one than it has seen. */
  long fence();

  /** Whether an earlier worker may already have sent the work to the server. */
  boolean maybeSent();

  long agentOffset();

  /**
   * Remembers durably that the work is about to leave the panel.
   *
   * @throws LeaseLost another worker has taken over; nothing may be sent
   */
  void sending();

  /** A new step, shown as progress and as a line of the log. */
  void progress(int percent, String step, long agentOffset);

  /** Text the work printed, for the log. */
  void output(String text, long agentOffset);

  /**
   * The work was sent and its server cannot be heard now: shown with the reason until {@link #heard}, or until something
   * else is reported.
   *
   * @param code stable, upper case, such as {@code SERVER_NOT_REACHED_TCP}
   * @param message the reason in one sentence
   */
  void silent(String code, String message);

  /** The server was reached again. */
  void heard();

  /** Whether this worker still holds the operation; a long wait should stop soon after it does not. */
  boolean held();
}
