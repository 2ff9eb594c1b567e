package io.chom.backups;

import io.chom.operations.Lane;
import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.OperationHandler;
import io.chom.operations.OperationRefused;
import io.chom.operations.OperationRun;
import io.chom.operations.OperationType;
import io.chom.tenancy.TenantContext;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;

/** Removes a backup from where it is kept, and with it what no other backup of the site needs. */
@Component
class RemoveBackup implements OperationHandler {
  /** With these the server says that it is not there, which is what was wanted. */
  private static final Set<String> GONE = Set.of("BACKUP_NOT_FOUND", "REPOSITORY_MISSING", "SERVER_DECOMMISSIONED");

  /** With these, that it has removed nothing. */
  private static final Set<String> UNTOUCHED = Set.of("REPOSITORY_UNREACHABLE", "REPOSITORY_KEY_WRONG",
      "REPOSITORY_LOCKED", "SERVICE_MISSING", "SITE_NOT_FOUND", "FORBIDDEN", "INVALID_ARGUMENT", "UNKNOWN_COMMAND");

  private static final String DAMAGED = "REPOSITORY_DAMAGED";
  private static final String LEFT_IN_RUINS = "The repository is damaged, and nothing can be taken out of it. The backup is"
      + " forgotten; what it held stays there.\n";

  private final BackupWork work;
  private final BackupRows rows;
  private final Repositories repositories;
  private final ApplicationEventPublisher events;

  RemoveBackup(BackupWork work, BackupRows rows, Repositories repositories, ApplicationEventPublisher events) {
    this.work = work;
    this.rows = rows;
    this.repositories = repositories;
    this.events = events;
  }

  @Override
  public OperationType type() {
    return BackupOperations.DELETE;
  }

  @Override
  public Map<String, Object> carryOut(OperationRun run) {
    try {
      return work.askToRemove(run);
    } catch (OperationRefused e) {
      if (GONE.contains(e.code())) {
        return Map.of("absent", true);
      }
      if (e.code().equals(DAMAGED) && work.inRuins(BackupOperations.backup(run.operation()))) {
        // known to be none any more, and nothing there can be taken out: what it held stays until somebody clears the place
        run.output(LEFT_IN_RUINS, 0);
        return Map.of("damaged", true);
      }
      throw e;
    }
  }

  @Override
  public void whenSucceeded(Operation operation, JsonNode result) {
    work.settle(operation, backup -> {
      rows.removed(backup);
      var repository = rows.source(backup.id()).repository();
      if (result.path("repository_bytes").isNumber()) {
        repositories.measured(repository, result.path("repository_bytes").asLong());
      } else {
        repositories.emptied(repository);
      }
      if (result.path("damaged").asBoolean(false)) {
        // the next backup does not count on what is there, or is not there any more
        repositories.retire(repository);
      }
    });
  }

  @Override
  public void whenFailed(Operation operation, String code, String message) {
    if (code.equals(DAMAGED)) {
      // known from here on: whoever asks once more is rid of it
      repositories.retire(rows.source(BackupOperations.backup(operation)).repository());
    }
    stays(operation, !UNTOUCHED.contains(code) || operation.tries() > 1);
  }

  /** @param begun whether it may be half gone: then nobody knows any more whether it is good */
  private void stays(Operation operation, boolean begun) {
    if (begun) {
      var backup = BackupOperations.backup(operation);
      rows.doubt(backup);
      events.publishEvent(new BackupDoubted(TenantContext.current(), RestoreBackup.site(operation), backup));
    }
    work.rest(operation, BackupActivity.REMOVING);
  }

  @Override
  public boolean repeatable() {
    return true;
  }

  @Override
  public String right(Operation operation) {
    return "backups:delete";
  }

  @Override
  public NewOperation repeat(Operation failed) {
    var site = work.hold(failed);
    var id = BackupOperations.backup(failed);
    rows.begin(id, BackupActivity.REMOVING);
    work.announce(failed);
    return BackupOperations.delete(site, id, rows.source(id), Lane.INTERACTIVE);
  }

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
    stays(operation, begun);
  }
}
