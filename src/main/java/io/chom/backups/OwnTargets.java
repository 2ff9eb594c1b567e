package io.chom.backups;

import io.chom.backups.TargetRefused.Reason;
import io.chom.backups.TargetRows.Row;
import io.chom.common.ChomException;
import io.chom.operations.NewOperation;
import org.springframework.stereotype.Component;

/** What may become of a place for backups, by whose it is and what lies there. */
@Component
class OwnTargets {
  private final TargetRows rows;

  OwnTargets(TargetRows rows) {
    this.rows = rows;
  }

  static void requireUsable(Row whole) {
    if (!whole.status().usable()) {
      throw new TargetRefused(Reason.TARGET_NOT_READY, "target");
    }
  }

  /** The removal of one that a server keeps, asked for anew. */
  NewOperation removal(TargetId id) {
    rows.holdForRemoval(id);
    var row = changeable(id);
    requireUnused(row);
    rows.removing(row.id());
    return TargetOperations.remove(row);
  }

  /**
   * What lies there may be lost; nothing else.
   *
   * @throws TargetRefused something is to go there, is being done there, or is another tenant's
   */
  void requireForgettable(Row row) {
    var use = rows.use(row);
    if (row.shared() && use.backups() > 0) {
      throw new TargetRefused(Reason.TARGET_IN_USE, "target");
    } else if (use.schedules() > 0) {
      throw new TargetRefused(Reason.TARGET_SCHEDULED, "target");
    } else if (use.defaults() > 0) {
      throw new TargetRefused(Reason.TARGET_IS_DEFAULT, "target");
    } else if (rows.busy(row.id())) {
      throw new TargetRefused(Reason.TARGET_BUSY, "target");
    }
  }

  /** @throws TargetRefused something of anybody is there or is to go there */
  void requireUnused(Row row) {
    var use = rows.use(row);
    if (use.backups() > 0) {
      throw new TargetRefused(Reason.TARGET_IN_USE, "target");
    } else if (use.schedules() > 0) {
      throw new TargetRefused(Reason.TARGET_SCHEDULED, "target");
    } else if (use.defaults() > 0) {
      throw new TargetRefused(Reason.TARGET_IS_DEFAULT, "target");
    }
  }

  /**
   * One of the tenant's own, held until the transaction ends.
   *
   * @throws TargetNotFound there is none by that id
   * @throws TargetRefused it is shared with the tenant, or is as it is
   */
  Row changeable(TargetId id) {
    var row = rows.lock(id.value()).filter(one -> one.sharedFrom() == null).orElseThrow(() -> rows.shared(id.value())
        .<ChomException>map(shared -> new TargetRefused(Reason.TARGET_SHARED, "target"))
        .orElseGet(() -> new TargetNotFound(id)));
    if (row.sealed() == null) {
      throw new TargetRefused(Reason.TARGET_IS_LOCAL, "target");
    } else if (row.status() == TargetStatus.REMOVING) {
      throw new TargetRefused(Reason.TARGET_NOT_READY, "target");
    }
    return row;
  }
}
