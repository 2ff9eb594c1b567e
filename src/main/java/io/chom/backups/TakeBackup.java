package io.chom.backups;

import io.chom.operations.Lane;
import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.OperationHandler;
import io.chom.operations.OperationRun;
import io.chom.operations.OperationType;
import io.chom.tenancy.TenantContext;
import java.util.List;
import java.util.Map;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;

/** Takes a backup. Asked again, the server finds the one it has finished, or takes it anew. */
@Component
class TakeBackup implements OperationHandler {
  private final BackupWork work;
  private final BackupRows rows;
  private final Repositories repositories;
  private final ApplicationEventPublisher events;

  TakeBackup(BackupWork work, BackupRows rows, Repositories repositories, ApplicationEventPublisher events) {
    this.work = work;
    this.rows = rows;
    this.repositories = repositories;
    this.events = events;
  }

  @Override
  public OperationType type() {
    return BackupOperations.CREATE;
  }

  @Override
  public Map<String, Object> carryOut(OperationRun run) {
    var answer = work.askWithKey("backup:create", run);
    BackupWork.requireSums(answer, "snapshot", "manifest");
    return answer;
  }

  @Override
  public void whenSucceeded(Operation operation, JsonNode result) {
    work.settle(operation, backup -> {
      rows.completed(backup, result);
      repositories.grew(rows.source(backup.id()).repository(), result.path("added_bytes").asLong(0));
      events.publishEvent(new BackupTaken(TenantContext.current(), backup.site(), backup.type(), backup.id()));
    });
  }

  @Override
  public void whenFailed(Operation operation, String code, String message) {
    work.settle(operation, backup -> {
      rows.failed(backup, message);
      if (code.equals("REPOSITORY_DAMAGED") && repositories.retire(rows.source(backup.id()).repository())) {
        events.publishEvent(new RepositoryRetired(TenantContext.current(), backup.id()));
      }
    });
  }

  @Override
  public boolean repeatable() {
    return true;
  }

  @Override
  public String right(Operation operation) {
    return "backups:write";
  }

  /** Under the backup's own id, so that one which was finished unnoticed is found. */
  @Override
  public NewOperation repeat(Operation failed) {
    var site = work.hold(failed);
    var id = BackupOperations.backup(failed);
    var backup = rows.find(id).orElseThrow(() -> new BackupNotFound(id));
    if (!site.settled()) {
      throw Backups.notReady(site);
    }
    if (rows.isRunning(site.id())) {
      throw new BackupRefused(BackupRefused.Reason.BACKUP_RUNNING, "status");
    }
    rows.runsAgain(backup, repositories.inUse(site, rows.source(id).repository()));
    work.announce(failed);
    return BackupOperations.create(site, id,
        new BackupWish(backup.type(), null, BackupOperations.exclude(failed)), rows.source(id), null, Lane.INTERACTIVE);
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
    work.settle(operation, backup -> rows.failed(backup, "It was cancelled."));
  }
}
