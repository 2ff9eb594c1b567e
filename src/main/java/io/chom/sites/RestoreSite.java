package io.chom.sites;

import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.OperationHandler;
import io.chom.operations.OperationRun;
import io.chom.operations.OperationType;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;

/** Brings a deleted site back from what its server has retained. */
@Component
class RestoreSite implements OperationHandler {
  /** With these the agent says that it has changed nothing. */
  private static final Set<String> UNTOUCHED = Set.of("DOMAIN_IN_USE", "SITE_NOT_FOUND", "SITE_NOT_READY",
      "PHP_VERSION_MISSING", "INVALID_ARGUMENT", "UNKNOWN_COMMAND");

  private final SiteWork work;

  RestoreSite(SiteWork work) {
    this.work = work;
  }

  @Override
  public OperationType type() {
    return SiteOperations.RESTORE;
  }

  @Override
  public Map<String, Object> carryOut(OperationRun run) {
    return work.ask("site:restore", run);
  }

  /** Open or closed, as the server remembers it. */
  @Override
  public void whenSucceeded(Operation operation, JsonNode result) {
    boolean closed = result.path("state").asString("").equals("disabled");
    work.settle(operation, (site, now) -> site.cameBack(closed ? SiteStatus.DISABLED : SiteStatus.ACTIVE, now));
  }

  @Override
  public void whenFailed(Operation operation, String code, String message) {
    work.settle(operation, (site, now) -> {
      if (UNTOUCHED.contains(code)) {
        site.become(SiteStatus.DELETED, now);
        if (code.equals("SITE_NOT_FOUND")) {
          site.noLongerRetained();
        }
      } else {
        site.fail(message, now);
      }
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

  /** Goes on with what is half-way back. Where nothing was changed, the deletion is undone anew, with all its checks. */
  @Override
  public NewOperation repeat(Operation failed) {
    try {
      return work.again(failed, SiteStatus.RESTORING, (site, was) -> SiteOperations.restore(site));
    } catch (SiteNotFound _) {
      throw new SiteRefused(SiteRefused.Reason.NOT_IN_THIS_STATE, "status");
    }
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
    work.settle(operation, (site, now) -> {
      if (begun) {
        site.fail("Bringing it back was cancelled half-way.", now);
      } else {
        site.become(SiteStatus.DELETED, now);
      }
    });
  }
}
