package io.chom.sites;

import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.OperationHandler;
import io.chom.operations.OperationRun;
import io.chom.operations.OperationType;
import java.util.List;
import java.util.Map;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;

/** Builds a site on its server. */
@Component
class ProvisionSite implements OperationHandler {
  private final SiteWork work;

  ProvisionSite(SiteWork work) {
    this.work = work;
  }

  @Override
  public OperationType type() {
    return SiteOperations.CREATE;
  }

  @Override
  public Map<String, Object> carryOut(OperationRun run) {
    return work.ask("site:create", run);
  }

  @Override
  public void whenSucceeded(Operation operation, JsonNode result) {
    work.settle(operation, (site, now) -> {
      site.become(SiteStatus.ACTIVE, now);
      site.serves(result.path("document_root").asString(""), result.path("php_version").asString(null));
    });
  }

  @Override
  public boolean repeatable() {
    return true;
  }

  @Override
  public String right(Operation operation) {
    return "sites:write";
  }

  @Override
  public NewOperation repeat(Operation failed) {
    return work.again(failed, SiteStatus.PROVISIONING, (site, was) -> SiteOperations.create(site, null));
  }

  @Override
  public boolean stoppable() {
    return true;
  }

  @Override
  public List<String> stop(OperationRun run) {
    return work.stop(run);
  }

  /** Whatever is there already, the site is not: it can be made again or deleted. */
  @Override
  public void whenCancelled(Operation operation, boolean begun) {
    work.settle(operation, (site, now) -> site.fail("Its creation was cancelled.", now));
  }

  @Override
  public void whenFailed(Operation operation, String code, String message) {
    work.settle(operation, (site, now) -> site.fail(message, now));
  }
}
