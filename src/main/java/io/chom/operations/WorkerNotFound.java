package io.chom.operations;

import io.chom.common.ChomException;

/** No panel by that name carries operations out. */
public class WorkerNotFound extends ChomException {
  public WorkerNotFound(String node) {
    super("There is no node " + node + ". It may have stopped; see the queue for those that work", null);
  }

  @Override
  public String code() {
    return "WORKER_NOT_FOUND";
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
