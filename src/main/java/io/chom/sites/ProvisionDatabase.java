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

/** Makes a database with its login, or gives the login another password: for the server that is the same. */
@Component
class ProvisionDatabase implements OperationHandler {
  private final DatabaseWork work;

  ProvisionDatabase(DatabaseWork work) {
    this.work = work;
  }

  @Override
  public OperationType type() {
    return DatabaseOperations.CREATE;
  }

  @Override
  public Map<String, Object> carryOut(OperationRun run) {
    var password = work.password(run.operation()).orElseThrow(() -> new OperationRefused("PASSWORD_MISSING",
        "The password of this database is no longer kept. Ask for a new password.", null));
    return work.ask("database:create", run, Map.of("password", password));
  }

  @Override
  public void whenSucceeded(Operation operation, JsonNode result) {
    work.settle(operation, database -> work.become(database, DatabaseStatus.ACTIVE));
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
    return "sites:write";
  }

  @Override
  public NewOperation repeat(Operation failed) {
    return work.again(failed, DatabaseStatus.CREATING,
        (site, database) -> DatabaseOperations.create(site, database.id(), database.name(), null));
  }

  @Override
  public boolean stoppable() {
    return true;
  }

  @Override
  public List<String> stop(OperationRun run) {
    return work.stop(run);
  }

  /** Whatever is there already: it can be made to the end, or dropped. */
  @Override
  public void whenCancelled(Operation operation, boolean begun) {
    work.settle(operation, database -> {
      if (database.status() == DatabaseStatus.CHANGING && !begun) {
        work.keepsItsPassword(database);
      } else {
        work.fail(database, "Setting it up was cancelled.");
      }
    });
  }
}
