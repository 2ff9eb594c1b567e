package io.chom.backups;

import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.OperationHandler;
import io.chom.operations.OperationNotSent;
import io.chom.operations.OperationRefused;
import io.chom.operations.OperationRun;
import io.chom.operations.OperationType;
import io.chom.sites.ComingDatabases;
import io.chom.sites.KnownSites;
import io.chom.sites.SiteId;
import java.util.List;
import java.util.Map;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Replaces what is there of a site by what a backup holds, its own or another site's. The server swaps at the very end and keeps the state before;
 * asked again, it goes on from where it was.
 */
@Component
class RestoreBackup implements OperationHandler {
  /** It had been closed already, and is open again: what is there could not be kept. */
  private static final String NOT_KEPT = "NOT_KEPT";

  /** As an agent says so of one that was cancelled. */
  private static final String UNTOUCHED = "untouched:";

  private final BackupWork work;
  private final RestoreRows rows;
  private final KnownSites sites;
  private final ComingDatabases databases;
  private final Restores restores;
  private final ObjectMapper json;

  RestoreBackup(BackupWork work, RestoreRows rows, KnownSites sites, ComingDatabases databases,
      Restores restores, ObjectMapper json) {
    this.work = work;
    this.rows = rows;
    this.sites = sites;
    this.databases = databases;
    this.restores = restores;
    this.json = json;
  }

  @Override
  public OperationType type() {
    return BackupOperations.RESTORE;
  }

  @Override
  public Map<String, Object> carryOut(OperationRun run) {
    var operation = run.operation();
    if (rows.fresh(BackupOperations.restore(operation))) {
      requireMade(site(operation));
    }
    var named = BackupOperations.named(operation);
    return named.isEmpty()
        ? work.askWithKey("backup:restore", work.watched(run))
        : work.askWithKey("backup:restore", work.watched(run), "databases",
            json.writeValueAsString(databases.passwords(site(operation), named)));
  }

  /** It was asked for together with its site, whose making may wait for the server. */
  void requireMade(SiteId site) {
    boolean there = sites.beginFirstRestore(site)
        .orElseThrow(() -> new OperationNotSent("SITE_NOT_MADE_YET", "The site is still being made.", null));
    if (!there) {
      throw new OperationRefused("SITE_NOT_MADE",
          "The site was not made, so that nothing was restored into it. Make the site, then restore again.", null);
    }
  }

  @Override
  public void whenSucceeded(Operation operation, JsonNode result) {
    sites.restored(site(operation), result.path("state").asString("").equals("disabled"));
    databases.came(site(operation), BackupOperations.named(operation));
    rows.done(BackupOperations.restore(operation), result.path("previous").asString(""),
        work.time(result.path("until").asString("")));
    work.rest(operation, BackupActivity.RESTORING);
  }

  @Override
  public void whenFailed(Operation operation, String code, String message) {
    if (code.equals(NOT_KEPT)) {
      sites.leftAlone(site(operation), BackupOperations.was(operation));
    }
    ends(operation, code.equals(BackupWork.OUTCOME_UNKNOWN), message);
  }

  private void ends(Operation operation, boolean unknown, String sentence) {
    boolean half = sites.notRestored(site(operation), BackupOperations.was(operation), unknown, sentence);
    databases.stayedAway(site(operation), BackupOperations.named(operation), half, sentence);
    if (half) {
      rows.failed(BackupOperations.restore(operation), sentence);
    } else {
      rows.cameToNothing(BackupOperations.restore(operation), sentence);
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
    var wanted = restores.again(site(failed), id, RestoreScope.of(failed.payload()),
        rows.fresh(BackupOperations.restore(failed)));
    work.announce(failed);
    return wanted;
  }

  @Override
  public boolean stoppable() {
    return true;
  }

  @Override
  public List<String> stop(OperationRun run) {
    return settled(run.operation(), work.stop(run));
  }

  /** @return what is left; where its server says that nothing was replaced and it is open again, that is noted here */
  List<String> settled(Operation operation, List<String> left) {
    if (left.stream().anyMatch(one -> one.startsWith(UNTOUCHED))) {
      work.inTransaction(() -> sites.leftAlone(site(operation), BackupOperations.was(operation)));
    }
    return left.stream().filter(one -> !one.startsWith(UNTOUCHED)).toList();
  }

  @Override
  public void whenCancelled(Operation operation, boolean begun) {
    ends(operation, false, "Its restore was cancelled half-way.");
  }

  static SiteId site(Operation operation) {
    return new SiteId(operation.subject().id());
  }
}
