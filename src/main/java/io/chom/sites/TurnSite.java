package io.chom.sites;

import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.OperationHandler;
import io.chom.operations.OperationRun;
import io.chom.operations.OperationType;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Closes a site to its visitors, or opens it again; its files and databases stay as they are. */
final class TurnSite implements OperationHandler {
  private final SiteWork work;
  private final OperationType type;
  private final String command;
  private final SiteStatus end;

  private TurnSite(SiteWork work, OperationType type, String command, SiteStatus end) {
    this.work = work;
    this.type = type;
    this.command = command;
    this.end = end;
  }

  static TurnSite off(SiteWork work) {
    return new TurnSite(work, SiteOperations.DISABLE, "site:disable", SiteStatus.DISABLED);
  }

  static TurnSite on(SiteWork work) {
    return new TurnSite(work, SiteOperations.ENABLE, "site:enable", SiteStatus.ACTIVE);
  }

  @Override
  public OperationType type() {
    return type;
  }

  @Override
  public Map<String, Object> carryOut(OperationRun run) {
    return work.ask(command, run);
  }

  @Override
  public void whenSucceeded(Operation operation, JsonNode result) {
    work.settle(operation, (site, now) -> site.become(end, now));
  }

  @Override
  public void whenFailed(Operation operation, String code, String message) {
    work.settle(operation, (site, now) -> site.fail(message, now));
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
    return work.again(failed, SiteStatus.UPDATING, (site, was) -> SiteOperations.turn(type, site, was));
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
        site.fail("It was cancelled half-way between open and closed.", now);
      } else {
        site.stays(SiteOperations.was(operation), now);
      }
    });
  }
}
