package io.chom.sites;

import io.chom.common.Actor;
import io.chom.operations.Operation;
import io.chom.operations.OperationId;
import io.chom.operations.OperationStatus;
import io.chom.operations.Operations;
import io.chom.sites.SiteRefused.Reason;
import java.time.Clock;
import java.time.Duration;
import org.springframework.stereotype.Service;

/** Takes a change of a site back, for a day and as long as nothing else has changed it since. */
@Service
public class SiteUndo {
  /** How long a change can be taken back; a deletion, for as long as the site is retained. */
  static final Duration LIMIT = Duration.ofHours(24);

  private final Sites sites;
  private final Operations operations;
  private final Clock clock;

  SiteUndo(Sites sites, Operations operations, Clock clock) {
    this.sites = sites;
    this.operations = operations;
    this.clock = clock;
  }

  /** Whether there is a way back from an operation now. Asking for it still decides for itself. */
  public boolean possible(Operation done) {
    return done.status() == OperationStatus.SUCCEEDED && knowsTheWayBack(done) && inTime(done) && isTheLast(done);
  }

  /**
   * Promises the way back.
   *
   * @throws SiteRefused it is too late, or the site was changed since
   * @throws io.chom.operations.OperationNotFound there is none by that id for this tenant
   */
  public Operation undo(OperationId id, Actor actor) {
    var done = operations.get(id);
    if (!possible(done)) {
      throw new SiteRefused(Reason.CHANGED_SINCE, "operation");
    }
    var site = new SiteId(done.subject().id());
    // each of them locks the site and refuses it in any other state: the quicker of two wins
    if (done.type().equals(SiteOperations.DISABLE)) {
      return sites.enable(site, actor);
    }
    if (done.type().equals(SiteOperations.ENABLE)) {
      return sites.disable(site, actor);
    }
    return sites.undoDeletion(site, actor);
  }

  private static boolean knowsTheWayBack(Operation done) {
    return done.type().equals(SiteOperations.DISABLE) || done.type().equals(SiteOperations.ENABLE)
        || isDeletion(done) && !done.payload().path("purge").asBoolean(false);
  }

  private static boolean isDeletion(Operation done) {
    return done.type().equals(SiteOperations.DELETE);
  }

  private boolean inTime(Operation done) {
    var end = done.finishedAt();
    var limit = isDeletion(done) ? Duration.ofDays(done.payload().path("retain_days").asInt(0)) : LIMIT;
    return end != null && clock.instant().isBefore(end.plus(limit));
  }

  private boolean isTheLast(Operation done) {
    return operations.page(null, done.subject().id(), null, 1).stream().allMatch(last -> last.id().equals(done.id()));
  }
}
