package io.chom.backups;

import io.chom.common.Uuid7;
import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.OperationHandler;
import io.chom.operations.OperationRun;
import io.chom.operations.OperationType;
import io.chom.sites.KnownSites;
import io.chom.sites.SiteId;
import java.util.List;
import java.util.Map;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;

/**
 * Replaces what is there of a site by what a backup holds. The server swaps at the very end and keeps the state before;
 * asked again, it goes on from where it was.
 */
@Component
class RestoreBackup implements OperationHandler {
  private final BackupWork work;
  private final BackupRows backups;
  private final RestoreRows rows;
  private final KnownSites sites;

  RestoreBackup(BackupWork work, BackupRows backups, RestoreRows rows, KnownSites sites) {
    this.work = work;
    this.backups = backups;
    this.rows = rows;
    this.sites = sites;
  }

  @Override
  public OperationType type() {
    return BackupOperations.RESTORE;
  }

  @Override
  public Map<String, Object> carryOut(OperationRun run) {
    return work.askWithKey("backup:restore", work.watched(run));
  }

  @Override
  public void whenSucceeded(Operation operation, JsonNode result) {
    sites.restored(site(operation), result.path("state").asString("").equals("disabled"));
    rows.done(BackupOperations.restore(operation), result.path("previous").asString(""),
        work.time(result.path("until").asString("")));
    work.rest(operation, BackupActivity.RESTORING);
  }

  @Override
  public void whenFailed(Operation operation, String code, String message) {
    ends(operation, code.equals(BackupWork.OUTCOME_UNKNOWN), message);
  }

  private void ends(Operation operation, boolean unknown, String sentence) {
    boolean half = sites.notRestored(site(operation), BackupOperations.was(operation), unknown, sentence);
    if (half) {
      rows.failed(BackupOperations.restore(operation));
    } else {
      rows.become(BackupOperations.restore(operation), "RUNNING", "VOID");
    }
    work.rest(operation, BackupActivity.RESTORING);
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
    var id = BackupOperations.backup(failed);
    var backup = backups.find(id).orElseThrow(() -> new BackupNotFound(id));
    var was = sites.beginRestore(site(failed));
    backups.begin(id, BackupActivity.RESTORING);
    var part = BackupType.of(failed.payload().path("what").asString(""), "what");
    var database = failed.payload().path("database").asString(null);
    var restore = Uuid7.next();
    rows.insert(restore, backup.site(), id, part, database);
    work.announce(failed);
    return BackupOperations.restore(was, id, backups.source(id), restore, part, database, was.status(), null);
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
    ends(operation, false, "Its restore was cancelled half-way.");
  }

  static SiteId site(Operation operation) {
    return new SiteId(operation.subject().id());
  }
}
