package io.chom.sites;

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

/** Drops a database with its login; the server keeps a copy for a while unless it was asked not to. */
@Component
class DropDatabase implements OperationHandler {
  private final DatabaseWork work;

  DropDatabase(DatabaseWork work) {
    this.work = work;
  }

  @Override
  public OperationType type() {
    return DatabaseOperations.DROP;
  }

  @Override
  public Map<String, Object> carryOut(OperationRun run) {
    try {
      return work.ask("database:drop", run, Map.of());
    } catch (OperationRefused e) {
      if (e.code().equals("DATABASE_NOT_FOUND")) {
        // its creation failed before the server knew it: that it is gone is what was wanted
        return Map.of("absent", true);
      }
      throw e;
    }
  }

  @Override
  public void whenSucceeded(Operation operation, JsonNode result) {
    work.settle(operation, database -> work.become(database, DatabaseStatus.DROPPED));
  }

  @Override
  public void whenFailed(Operation operation, String code, String message) {
    work.settle(operation, database -> work.fail(database, message));
  }

  @Override
  public boolean repeatable() {
    return true;
  }

  @Override
  public String right(Operation operation) {
    return "sites:delete";
  }

  @Override
  public NewOperation repeat(Operation failed) {
    boolean purge = failed.payload().path("purge").asBoolean(false);
    return work.again(failed, DatabaseStatus.DROPPING,
        (site, database) -> DatabaseOperations.drop(site, database, purge));
  }

  @Override
  public boolean stoppable() {
    return true;
  }

  @Override
  public List<String> stop(OperationRun run) {
    return work.stop(run);
  }

  /** What was begun has closed the login at least. */
  @Override
  public void whenCancelled(Operation operation, boolean begun) {
    work.settle(operation, database -> {
      if (begun || DatabaseOperations.was(operation) != DatabaseStatus.ACTIVE) {
        work.fail(database, "Its removal was cancelled half-way.");
      } else {
        work.become(database, DatabaseStatus.ACTIVE);
      }
    });
  }
}
