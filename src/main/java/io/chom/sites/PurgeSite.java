package io.chom.sites;

import io.chom.operations.Operation;
import io.chom.operations.OperationHandler;
import io.chom.operations.OperationRefused;
import io.chom.operations.OperationRun;
import io.chom.operations.OperationType;
import java.util.Map;
import java.util.Set;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;

/** Removes for good what a server has retained of a deleted site. A failure is tried again by the clock. */
@Component
class PurgeSite implements OperationHandler {
  private static final Set<String> GONE = Set.of("SITE_NOT_FOUND", "SERVER_DECOMMISSIONED");

  private final SiteWork work;
  private final DatabaseRows databases;

  PurgeSite(SiteWork work, DatabaseRows databases) {
    this.work = work;
    this.databases = databases;
  }

  @Override
  public OperationType type() {
    return SiteOperations.PURGE;
  }

  @Override
  public Map<String, Object> carryOut(OperationRun run) {
    try {
      return work.ask("site:delete", run);
    } catch (OperationRefused e) {
      if (GONE.contains(e.code())) {
        // somebody was quicker on the server itself, or the server has left: nobody can bring it back from there
        return Map.of("absent", true);
      }
      throw e;
    }
  }

  @Override
  public void whenSucceeded(Operation operation, JsonNode result) {
    work.settle(operation, (site, now) -> site.noLongerRetained());
    databases.goneWith(operation.subject().id());
  }

  @Override
  public void whenFailed(Operation operation, String code, String message) {
    // what is left of it stays marked; see Retention
  }

  @Override
  public void whenCancelled(Operation operation, boolean begun) {
    // as after a failure
  }
}
