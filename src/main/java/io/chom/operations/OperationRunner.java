package io.chom.operations;

import io.chom.common.ChomException;
import io.chom.live.LiveEvents;
import io.chom.tenancy.DatabaseOutage;
import io.chom.tenancy.TenantContext;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.ObjectMapper;

/** Carries out one claimed operation, and brings it to exactly one true state. */
@Service
public class OperationRunner {
  private static final Logger LOG = LoggerFactory.getLogger(OperationRunner.class);
  private static final Duration LONGEST_DELAY = Duration.ofMinutes(5);

  /** What the agent calls work that was stopped, and work that was forbidden before it arrived. */
  private static final String STOPPED = "OPERATION_CANCELLED";
  private static final String SEALED = "OPERATION_SEALED";

  private final Handlers handlers;
  private final OperationRows rows;
  private final LeasedRow leased;
  private final LiveEvents live;
  private final TransactionTemplate transaction;
  private final ApplicationEventPublisher events;
  private final OperationMetrics metrics;
  private final ObjectMapper json;

  OperationRunner(Handlers handlers, OperationRows rows, LeasedRow leased, LiveEvents live,
      TransactionTemplate transaction, ApplicationEventPublisher events, OperationMetrics metrics, ObjectMapper json) {
    this.handlers = handlers;
    this.rows = rows;
    this.leased = leased;
    this.live = live;
    this.transaction = transaction;
    this.events = events;
    this.metrics = metrics;
    this.json = json;
  }

  /**
   * Runs to an end state, to a later try, or until the lease is lost; returns only then.
   *
   * @param held tells whether the lease is still being renewed
   */
  public void run(Claim claim, BooleanSupplier held) {
    TenantContext.runAs(claim.tenant(), () -> {
      try {
        carryOut(claim, held);
      } catch (LeaseLost e) {
        LOG.info("{}", e.getMessage());
      }
    });
  }

  private void carryOut(Claim claim, BooleanSupplier held) {
    var operation = rows.find(claim.operation()).orElseThrow(() -> new LeaseLost(claim.operation()));
    var handler = handlers.of(operation.type()).orElse(null);
    if (handler == null) {
      // a newer node may know the type; this one must not decide its fate
      leased.goOnWaiting(claim, LONGEST_DELAY);
      LOG.error("No handler for {} of operation {}", operation.type(), operation.id());
      return;
    }
    metrics.taken(operation, claim.adopted());
    var run = new LeasedRun(operation, claim, leased, live, held);
    announce(claim, operation);
    try (var _ = handler.stoppable() ? watch(claim, handler, run) : null) {
      if (operation.status() == OperationStatus.CANCELLING && !run.maybeSent()) {
        throw new CancelledBeforeSending(operation.id());
      }
      var result = handler.carryOut(run);
      run.flush();
      end(claim, operation, OperationStatus.SUCCEEDED, () -> {
        leased.succeed(claim, json.writeValueAsString(result));
        handler.whenSucceeded(operation, json.valueToTree(result));
      });
    } catch (CancelledBeforeSending _) {
      run.flush();
      cancelled(claim, operation, handler, List.of(), operation.tries() > 1);
    } catch (OperationNotSent e) {
      run.flush();
      notSent(claim, operation, handler, e);
    } catch (OutcomeUnknown e) {
      run.flush();
      LOG.warn("Operation {} waits for its server: {}", operation.id(), e.getMessage());
      leased.goOnWaiting(claim, RetryPolicy.unsent(operation.attempt()));
    } catch (OperationRefused e) {
      run.flush();
      if (e.code().equals(STOPPED) && leased.cancelling(claim)) {
        stopped(claim, operation, handler, run);
      } else if (e.code().equals(SEALED) && leased.cancelling(claim)) {
        cancelled(claim, operation, handler, List.of(), operation.tries() > 1);
      } else {
        refusedOrAgain(claim, operation, handler, e);
      }
    } catch (LeaseLost e) {
      throw e;
    } catch (RuntimeException e) {
      if (!held.getAsBoolean() || DatabaseOutage.caused(e)) {
        // this panel stops, or the lease was lost, or the database is away or full: what broke is the panel's own work,
        // and whoever adopts it goes on
        LOG.info("Operation {} is left to be adopted: {}", operation.id(), e.toString());
        return;
      }
      unexpected(claim, operation, handler, e);
    }
    announce(claim, operation);
  }

  private CancelWatch watch(Claim claim, OperationHandler handler, LeasedRun run) {
    return new CancelWatch(handler, run, claim, live, () -> leased.cancelling(claim));
  }

  /** It is dead; what it left behind is asked for once more, by whoever heard its end. */
  private void stopped(Claim claim, Operation operation, OperationHandler handler, LeasedRun run) {
    try {
      cancelled(claim, operation, handler, handler.stop(run), true);
    } catch (OutcomeUnknown e) {
      LOG.info("What cancelled operation {} left behind is asked for later: {}", operation.id(), e.getMessage());
      leased.goOnWaiting(claim, RetryPolicy.unsent(operation.attempt()));
    }
  }

  private void cancelled(Claim claim, Operation operation, OperationHandler handler, List<String> leftBehind,
      boolean begun) {
    end(claim, operation, OperationStatus.CANCELLED, () -> {
      leased.cancelled(claim, json.writeValueAsString(Map.of("left_behind", leftBehind)));
      handler.whenCancelled(operation, begun);
    });
  }

  private void notSent(Claim claim, Operation operation, OperationHandler handler, OperationNotSent e) {
    boolean everSent = leased.maybeSent(claim);
    if (everSent) {
      leased.silent(claim, e.code(), text(e));
      leased.goOnWaiting(claim, RetryPolicy.unsent(operation.attempt()));
    } else if (leased.cancelling(claim)) {
      cancelled(claim, operation, handler, List.of(), operation.tries() > 1);
    } else {
      // for as long as it takes: who has waited enough cancels it
      leased.tryAgain(claim, e.code(), text(e), RetryPolicy.unsent(operation.attempt()));
    }
  }

  private void unexpected(Claim claim, Operation operation, OperationHandler handler, RuntimeException e) {
    LOG.error("Operation {} ({}) met a fault of the panel", operation.id(), operation.type(), e);
    if (leased.maybeSent(claim)) {
      // the server may have done the work: only its answer may end the operation
      leased.goOnWaiting(claim, RetryPolicy.unsent(operation.attempt()));
    } else {
      refuse(claim, operation, handler, new OperationRefused("INTERNAL",
          "The panel met a fault of its own before it sent anything. An operator finds it in the log.", e));
    }
  }

  /** Its server has ended it. Where that passes, another try may follow, as something that the server never heard of. */
  private void refusedOrAgain(Claim claim, Operation operation, OperationHandler handler, OperationRefused e) {
    var pause = handler.repeatable() ? RetryPolicy.after(e, operation.tries()) : Optional.<Duration>empty();
    boolean again = pause.isPresent() && Objects.requireNonNull(transaction.execute(status -> {
      leased.report(claim, "Attempt " + operation.tries() + " failed: " + text(e) + "\n", null, null, 0);
      boolean postponed = leased.tryAnew(claim, operation, e.code(), text(e), pause.get());
      if (postponed) {
        events.publishEvent(new OperationPostponed(claim.tenant(), operation.id()));
      } else {
        status.setRollbackOnly();
      }
      return postponed;
    }));
    if (again) {
      metrics.postponed(operation, e.code());
    } else {
      refuse(claim, operation, handler, e);
    }
  }

  private void refuse(Claim claim, Operation operation, OperationHandler handler, ChomException e) {
    end(claim, operation, OperationStatus.FAILED, () -> {
      leased.fail(claim, e.code(), text(e));
      handler.whenFailed(operation, e.code(), text(e));
    });
  }

  private void end(Claim claim, Operation operation, OperationStatus outcome, Runnable changes) {
    transaction.executeWithoutResult(status -> {
      changes.run();
      events.publishEvent(new OperationEnded(claim.tenant(), operation.id()));
      live.changedAfterCommit(claim.tenant(), Topics.operation(operation.id()), Topics.ALL,
          Topics.subject(operation.subject()));
    });
    metrics.ended(operation, outcome);
  }

  private void announce(Claim claim, Operation operation) {
    live.changed(claim.tenant(), Topics.operation(operation.id()), Topics.ALL, Topics.subject(operation.subject()));
  }

  private static String text(ChomException e) {
    return String.valueOf(e.getMessage());
  }
}
