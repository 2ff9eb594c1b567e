package io.chom.backups;

import io.chom.operations.Operation;
import io.chom.operations.OperationRun;
import java.util.function.IntConsumer;

/** A run whose progress somebody else is told first. */
record WatchedRun(OperationRun run, IntConsumer watcher) implements OperationRun {
  @Override
  public Operation operation() {
    return run.operation();
  }

  @Override
  public long fence() {
    return run.fence();
  }

  @Override
  public boolean maybeSent() {
    return run.maybeSent();
  }

  @Override
  public long agentOffset() {
    return run.agentOffset();
  }

  @Override
  public void sending() {
    run.sending();
  }

  @Override
  public void progress(int percent, String step, long agentOffset) {
    watcher.accept(percent);
    run.progress(percent, step, agentOffset);
  }

  @Override
  public void output(String text, long agentOffset) {
    run.output(text, agentOffset);
  }

  @Override
  public void silent(String code, String message) {
    run.silent(code, message);
  }

  @Override
  public void heard() {
    run.heard();
  }

  @Override
  public boolean held() {
    return run.held();
  }
}
