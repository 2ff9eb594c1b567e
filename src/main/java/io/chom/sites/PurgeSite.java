package io.chom.sites;

import io.chom.operations.Operation;
import io.chom.operations.OperationHandler;
import io.chom.operations.OperationRefused;
import io.chom.operations.OperationRun;
import io.chom.operations.OperationType;
import java.util.Map;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;

/** Removes for good what a server has retained of a deleted site. A failure is tried again by the clock. */
@Component
class PurgeSite implements OperationHandler {
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
      if (e.code().equals("SITE_NOT_FOUND")) {
        // somebody was quicker on the server itself: that it is gone is what was wanted
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
