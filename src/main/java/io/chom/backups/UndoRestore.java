package io.chom.backups;

import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.OperationHandler;
import io.chom.operations.OperationRun;
import io.chom.operations.OperationType;
import io.chom.sites.ComingDatabases;
import io.chom.sites.KnownSites;
import java.util.List;
import java.util.Map;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;

/** Brings back what a site was before its last restore, as long as its server keeps it. */
@Component
class UndoRestore implements OperationHandler {
  private final BackupWork work;
  private final RestoreRows rows;
  private final KnownSites sites;
  private final ComingDatabases databases;

  UndoRestore(BackupWork work, RestoreRows rows, KnownSites sites, ComingDatabases databases) {
    this.work = work;
    this.rows = rows;
    this.sites = sites;
    this.databases = databases;
  }

  @Override
  public OperationType type() {
    return BackupOperations.UNDO;
  }

  @Override
  public Map<String, Object> carryOut(OperationRun run) {
    return work.ask("backup:undo", work.watched(run), Map.of());
  }

  @Override
  public void whenSucceeded(Operation operation, JsonNode result) {
    sites.restored(RestoreBackup.site(operation), result.path("state").asString("").equals("disabled"));
    databases.wentBack(RestoreBackup.site(operation), rows.renewed(BackupOperations.restore(operation)));
    rows.become(BackupOperations.restore(operation), "UNDOING", "UNDONE");
    work.announce(operation);
  }

  @Override
  public void whenFailed(Operation operation, String code, String message) {
    ends(operation, code.equals(BackupWork.OUTCOME_UNKNOWN), message);
    if (code.equals("BACKUP_NOT_FOUND")) {
      rows.gone(BackupOperations.restore(operation));
    }
  }

  /** What was before is still kept, so that it can be asked for again. */
  private void ends(Operation operation, boolean unknown, String sentence) {
    sites.notRestored(RestoreBackup.site(operation), BackupOperations.was(operation), unknown, sentence);
    rows.staysDone(BackupOperations.restore(operation));
    work.announce(operation);
  }

  @Override
  public boolean repeatable() {
    return true;
  }

  @Override
  public String right(Operation operation) {
    return "backups:restore";
  }

  @Override
  public NewOperation repeat(Operation failed) {
    var site = RestoreBackup.site(failed);
    var kept = rows.last(site).filter(one -> one.id().equals(BackupOperations.restore(failed)))
        .orElseThrow(() -> new BackupRefused(BackupRefused.Reason.NOTHING_TO_UNDO, "site"));
    var was = sites.beginRestore(site);
    rows.become(kept.id(), kept.status(), "UNDOING");
    work.announce(failed);
    return BackupOperations.undo(was, kept, was.status());
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
    ends(operation, false, "Bringing back the state before was cancelled half-way.");
  }
}
