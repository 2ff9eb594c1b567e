package io.chom.operations;

import io.chom.live.LiveEvents;
import io.chom.live.Subscription;
import io.chom.tenancy.TenantContext;
import java.time.Duration;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Stands beside running work, and has it stopped when somebody cancels it, on whichever node they do. */
final class CancelWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CancelWatch.class);
  /** The announcement from another node may be lost. */
  private static final Duration LOOK = Duration.ofSeconds(5);
  private static final Duration AGAIN = Duration.ofSeconds(1);

  private final OperationHandler handler;
  private final LeasedRun run;
  private final Claim claim;
  private final BooleanSupplier wanted;
  private final Subscription bell;

  /** @param wanted whether the operation is being cancelled */
  CancelWatch(OperationHandler handler, LeasedRun run, Claim claim, LiveEvents live, BooleanSupplier wanted) {
    this.handler = handler;
    this.run = run;
    this.claim = claim;
    this.wanted = wanted;
    this.bell = live.subscribe(claim.tenant(), Set.of(Topics.operation(claim.operation())));
    Thread.ofVirtual().name("cancel-watch-" + claim.operation())
        .start(() -> TenantContext.runAs(claim.tenant(), this::watch));
  }

  private void watch() {
    try (bell) {
      var pause = LOOK;
      while (!bell.ended()) {
        try {
          if (wanted.getAsBoolean()) {
            handler.stop(run);
            return;
          }
        } catch (OutcomeUnknown e) {
          LOG.info("Operation {} is not stopped yet: {}", claim.operation(), e.getMessage());
          pause = AGAIN;
        } catch (RuntimeException e) {
          LOG.warn("Operation {} could not be stopped, trying again", claim.operation(), e);
        }
        bell.await(pause);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The work has ended, however it did. No interrupt: it would close a connection of the database in use. */
  @Override
  public void close() {
    bell.close();
  }
}
