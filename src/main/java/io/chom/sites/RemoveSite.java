package io.chom.sites;

import io.chom.operations.Operation;
import io.chom.operations.OperationHandler;
import io.chom.operations.OperationRefused;
import io.chom.operations.OperationRun;
import io.chom.operations.OperationType;
import java.util.Map;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;

/** Takes a site off its server. */
@Component
class RemoveSite implements OperationHandler {
  private final SiteWork work;

  RemoveSite(SiteWork work) {
    this.work = work;
  }

  @Override
  public OperationType type() {
    return SiteOperations.DELETE;
  }

  @Override
  public Map<String, Object> carryOut(OperationRun run) {
    try {
      return work.ask("site:delete", run);
    } catch (OperationRefused e) {
      if (e.code().equals("SITE_NOT_FOUND")) {
        // its creation failed before the server knew it: that it is gone is what was wanted
        return Map.of("absent", true);
      }
      throw e;
    }
  }

  @Override
  public void whenSucceeded(Operation operation, JsonNode result) {
    work.settle(operation, (site, now) -> site.become(SiteStatus.DELETED, now));
  }

  @Override
  public void whenFailed(Operation operation, String code, String message) {
    work.settle(operation, (site, now) -> site.fail(message, now));
  }
}
