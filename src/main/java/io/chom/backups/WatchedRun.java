package io.chom.backups;

import io.chom.operations.Operation;
import io.chom.operations.OperationRun;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A run that somebody else is told of first.
 *
 * @param place of which the run must not tell where it is; null where it may
 */
record WatchedRun(OperationRun run, IntConsumer watcher, @Nullable SharedPlace place) implements OperationRun {
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
    run.progress(percent, place == null ? step : place.veiled(step), agentOffset);
  }

  @Override
  public void output(String text, long agentOffset) {
    // what restic and ssh print there is full of it, and comes in pieces
    if (place == null) {
      run.output(text, agentOffset);
    }
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
