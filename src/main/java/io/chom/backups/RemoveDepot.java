package io.chom.backups;

import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.OperationHandler;
import io.chom.operations.OperationRefused;
import io.chom.operations.OperationRun;
import io.chom.operations.OperationType;
import java.util.List;
import java.util.Map;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;

/** Has a server keep no backups any more; its login and its directory go. */
@Component
class RemoveDepot implements OperationHandler {
  private final BackupWork work;
  private final TargetRows rows;
  private final OwnTargets targets;

  RemoveDepot(BackupWork work, TargetRows rows, OwnTargets targets) {
    this.work = work;
    this.rows = rows;
    this.targets = targets;
  }

  @Override
  public OperationType type() {
    return TargetOperations.REMOVE;
  }

  @Override
  public Map<String, Object> carryOut(OperationRun run) {
    try {
      return work.ask("depot:remove", run, Map.of());
    } catch (OperationRefused e) {
      if (e.code().equals("SERVER_DECOMMISSIONED")) {
        return Map.of("absent", true);
      }
      throw e;
    }
  }

  @Override
  public void whenSucceeded(Operation operation, JsonNode result) {
    rows.removed(TargetOperations.target(operation));
    work.announceTargets();
  }

  @Override
  public void whenFailed(Operation operation, String code, String message) {
    rows.stays(TargetOperations.target(operation), message);
    work.announceTargets();
  }

  /** Who waits for a server that is silent may give up; asked for again, the removal goes on where it was. */
  @Override
  public boolean stoppable() {
    return true;
  }

  @Override
  public List<String> stop(OperationRun run) {
    return work.stop(run);
  }

  @Override
  public void whenCancelled(Operation operation, boolean begun) {
    rows.stays(TargetOperations.target(operation), "It was cancelled.");
    work.announceTargets();
  }

  @Override
  public boolean repeatable() {
    return true;
  }

  @Override
  public String right(Operation operation) {
    return "backups:schedule";
  }

  @Override
  public NewOperation repeat(Operation failed) {
    return targets.removal(new TargetId(TargetOperations.target(failed)));
  }
}
