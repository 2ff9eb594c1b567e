package io.chom.backups;

import io.chom.operations.Lane;
import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.OperationHandler;
import io.chom.operations.OperationRefused;
import io.chom.operations.OperationRun;
import io.chom.operations.OperationType;
import io.chom.sites.SiteId;
import io.chom.tenancy.TenantContext;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;

/**
 * Has a backup restored on the side and held against what was there when it was taken. That it is broken is an answer;
 * that nobody could look is a failure, and changes nothing about what is known of it.
 */
@Component
class ProveBackup implements OperationHandler {
  private static final Set<Object> OUTCOMES = Set.of(BackupProof.PROVEN.name(), BackupProof.BROKEN.name());

  /** With these it is not only this backup that is broken. */
  private static final Set<String> OF_THE_REPOSITORY = Set.of("REPOSITORY_DAMAGED", "SNAPSHOT_MISSING",
      "MANIFEST_MISSING", "MANIFEST_CHANGED");

  private final BackupWork work;
  private final BackupRows rows;
  private final Repositories repositories;
  private final ApplicationEventPublisher events;

  ProveBackup(BackupWork work, BackupRows rows, Repositories repositories, ApplicationEventPublisher events) {
    this.work = work;
    this.rows = rows;
    this.repositories = repositories;
    this.events = events;
  }

  @Override
  public OperationType type() {
    return BackupOperations.VERIFY;
  }

  @Override
  public Map<String, Object> carryOut(OperationRun run) {
    var answer = work.askWithKey("backup:verify", run);
    if (!OUTCOMES.contains(Objects.requireNonNullElse(answer.get("outcome"), ""))) {
      throw new OperationRefused("AGENT_ANSWER_INCOMPLETE",
          "The server called it done and did not say what came of it (outcome)", null);
    }
    return answer;
  }

  @Override
  public void whenSucceeded(Operation operation, JsonNode result) {
    var backup = BackupOperations.backup(operation);
    rows.proven(backup, Objects.requireNonNull(operation.server()), result);
    if (result.path("reasons").valueStream()
        .anyMatch(one -> OF_THE_REPOSITORY.contains(one.path("code").asString("")))) {
      repositories.retire(rows.source(backup).repository());
    }
    events.publishEvent(new BackupProven(TenantContext.current(), new SiteId(operation.subject().id()), backup,
        BackupProof.valueOf(result.path("outcome").asString())));
    work.announce(operation);
  }

  @Override
  public void whenFailed(Operation operation, String code, String message) {
    work.rest(operation, BackupActivity.PROVING);
  }

  @Override
  public boolean repeatable() {
    return true;
  }

  @Override
  public String right(Operation operation) {
    return "backups:write";
  }

  @Override
  public NewOperation repeat(Operation failed) {
    var site = work.hold(failed);
    var id = BackupOperations.backup(failed);
    rows.begin(id, BackupActivity.PROVING);
    work.announce(failed);
    return BackupOperations.verify(site, id, rows.source(id), null, Lane.INTERACTIVE);
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
    work.rest(operation, BackupActivity.PROVING);
  }
}
