package io.chom.backups;

import io.chom.live.LiveEvents;
import io.chom.operations.OperationRefused;
import io.chom.servers.QuestionRefused;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Asks servers about repositories so that a tenant is never told where a shared place is. What the server said goes to
 * whoever shares it: on the page of the target, and into the log. Call it outside a transaction.
 */
@Component
class SharedPlaces {
  private static final Logger LOG = LoggerFactory.getLogger(SharedPlaces.class);

  private final TargetRows targets;
  private final LiveEvents live;
  private final TransactionTemplate transaction;
  private final Clock clock;

  SharedPlaces(TargetRows targets, LiveEvents live, TransactionTemplate transaction, Clock clock) {
    this.targets = targets;
    this.live = live;
    this.transaction = transaction;
    this.clock = clock;
  }

  /** Asks; what is refused is refused in words that the tenant may read. */
  <T> T asked(Reach reach, Supplier<T> question) {
    var place = reach.shared();
    try {
      return question.get();
    } catch (OperationRefused e) {
      if (place == null) {
        throw e;
      }
      tell(place, e.code(), String.valueOf(e.getMessage()));
      throw place.veiled(e);
    } catch (QuestionRefused e) {
      if (place == null) {
        throw e;
      }
      tell(place, e.code(), String.valueOf(e.getMessage()));
      throw place.veiled(e);
    }
  }

  private void tell(SharedPlace place, String code, String said) {
    if (!place.tells(code, said)) {
      return;
    }
    LOG.warn("Work of tenant {} with the shared target {} failed: {}: {}", TenantContext.current(), place.target(),
        code, said);
    var sentence = clock.instant().truncatedTo(ChronoUnit.SECONDS) + " " + code + ": " + said;
    try {
      TenantContext.runAs(TenantId.PLATFORM, () -> transaction.executeWithoutResult(status -> {
        targets.troubled(place.target().value(), sentence);
        live.changedAfterCommit(TenantId.PLATFORM, BackupTopics.TARGETS);
      }));
    } catch (RuntimeException e) {
      // the work has ended as it has, whether or not this is written down
      LOG.warn("That is not on the page of the target: {}", e.getMessage());
    }
  }
}
