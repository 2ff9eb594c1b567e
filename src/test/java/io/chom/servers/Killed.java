package io.chom.servers;

import io.chom.operations.Operation;
import io.chom.operations.OperationRun;

/** One worker's hold on an operation, whose panel is killed as it begins the step of a certain progress. */
final class Killed implements OperationRun {
  static final int NEVER = 1_000;

  static final class Death extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  private final Operation operation;
  private final long fence;
  private final int dies;
  private boolean sent;

  /** @param sent whether an earlier worker has sent something */
  Killed(Operation operation, long fence, int dies, boolean sent) {
    this.operation = operation;
    this.fence = fence;
    this.dies = dies;
    this.sent = sent;
  }

  @Override
  public Operation operation() {
    return operation;
  }

  @Override
  public long fence() {
    return fence;
  }

  @Override
  public boolean maybeSent() {
    return sent;
  }

  @Override
  public long agentOffset() {
    return 0;
  }

  @Override
  public void sending() {
    sent = true;
  }

  @Override
  public void progress(int percent, String step, long agentOffset) {
    if (percent >= dies) {
      throw new Death();
    }
  }

  @Override
  public void output(String text, long agentOffset) {
    // nobody reads it
  }

  @Override
  public void silent(String code, String message) {
    // nobody reads it
  }

  @Override
  public void heard() {
    // nobody reads it
  }

  @Override
  public boolean held() {
    return true;
  }
}
