package io.chom.backups;

import io.chom.operations.Lane;
import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.OperationHandler;
import io.chom.operations.OperationNotSent;
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
 * that nobody could look is a failure, and changes nothing about what is known of it. What another server than the site's
 * finds broken may lie in that server, with another MariaDB or without an extension of PHP: it fails there, and the
 * site's own is asked at once.
 */
@Component
class ProveBackup implements OperationHandler {
  private static final Set<Object> OUTCOMES = Set.of(BackupProof.PROVEN.name(), BackupProof.BROKEN.name());

  /** With these it is not only this backup that is broken. */
  private static final Set<String> OF_THE_REPOSITORY = Set.of("REPOSITORY_DAMAGED", "SNAPSHOT_MISSING",
      "MANIFEST_MISSING", "MANIFEST_CHANGED");

  /** So often, in a quarter of a minute, another server is tried for which nothing of the site needs to wait. */
  private static final int TRIES_ELSEWHERE = 5;

  private final BackupWork work;
  private final ProofPlaces places;
  private final BackupRows rows;
  private final Repositories repositories;
  private final ApplicationEventPublisher events;

  ProveBackup(BackupWork work, ProofPlaces places, BackupRows rows, Repositories repositories,
      ApplicationEventPublisher events) {
    this.work = work;
    this.places = places;
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
    boolean elsewhere = BackupOperations.elsewhere(run.operation());
    var answer = elsewhere ? askElsewhere(run) : work.askWithKey("backup:verify", run);
    if (!OUTCOMES.contains(Objects.requireNonNullElse(answer.get("outcome"), ""))) {
      throw new OperationRefused("AGENT_ANSWER_INCOMPLETE",
          "The server called it done and did not say what came of it (outcome)", null);
    }
    if (elsewhere && BackupProof.BROKEN.name().equals(answer.get("outcome"))) {
      throw new OperationRefused("NOT_PROVEN_ELSEWHERE",
          "On another server not all was as it had been. The site's own server looks at it as well.", null);
    }
    return answer;
  }

  private Map<String, Object> askElsewhere(OperationRun run) {
    try {
      return work.askWithKey("backup:verify", run);
    } catch (OperationNotSent e) {
      if (run.operation().attempt() < TRIES_ELSEWHERE) {
        throw e;
      }
      // it only reads: what may still be under way there is in nobody's way
      throw new OperationRefused("PROOF_SERVER_AWAY",
          e.getMessage() + " The site's own server looks at the backup instead.", e);
    }
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
    if (BackupOperations.elsewhere(operation)) {
      events.publishEvent(new ProofNotGiven(TenantContext.current(), new SiteId(operation.subject().id()),
          BackupOperations.backup(operation)));
    }
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
    var view = rows.find(id).orElseThrow(() -> new BackupNotFound(id));
    var source = rows.source(id);
    rows.begin(id, BackupActivity.PROVING);
    work.announce(failed);
    return BackupOperations.verify(site, id, source, places.choose(site, view, source), null, Lane.INTERACTIVE);
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
