package io.chom.sites;

import io.chom.operations.NewOperation;
import io.chom.operations.Operation;
import io.chom.operations.OperationHandler;
import io.chom.operations.OperationRefused;
import io.chom.operations.OperationRun;
import io.chom.operations.OperationType;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;

/** Takes a site off its server. */
@Component
class RemoveSite implements OperationHandler {
  private final SiteWork work;
  private final DatabaseRows databases;

  RemoveSite(SiteWork work, DatabaseRows databases) {
    this.work = work;
    this.databases = databases;
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
    boolean retained = result.path("retained").asBoolean(false);
    int days = operation.payload().path("retain_days").asInt(0);
    work.settle(operation, (site, now) -> {
      site.become(SiteStatus.DELETED, now);
      if (retained) {
        site.retained(now.plus(Duration.ofDays(days)));
      } else {
        site.noLongerRetained();
      }
    });
    if (operation.payload().path("purge").asBoolean(false)) {
      databases.goneWith(operation.subject().id());
    }
  }

  @Override
  public boolean repeatable() {
    return true;
  }

  @Override
  public String right(Operation operation) {
    return "sites:delete";
  }

  @Override
  public NewOperation repeat(Operation failed) {
    return work.again(failed, SiteStatus.DELETING,
        (site, was) -> SiteOperations.delete(site, was, failed.payload().path("purge").asBoolean(false),
            failed.payload().path("retain_days").asInt(7)));
  }

  @Override
  public boolean stoppable() {
    return true;
  }

  @Override
  public List<String> stop(OperationRun run) {
    return work.stop(run);
  }

  /** What was begun cannot be taken back: the site is in pieces until it is deleted or made again. */
  @Override
  public void whenCancelled(Operation operation, boolean begun) {
    work.settle(operation, (site, now) -> {
      if (begun) {
        site.fail("Its deletion was cancelled half-way.", now);
      } else {
        site.stays(SiteOperations.was(operation), now);
      }
    });
  }

  @Override
  public void whenFailed(Operation operation, String code, String message) {
    work.settle(operation, (site, now) -> site.fail(message, now));
  }
}
