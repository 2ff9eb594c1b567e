package io.chom.backups;

import io.chom.audit.Audit;
import io.chom.backups.BackupRefused.Reason;
import io.chom.backups.Backups.Promised;
import io.chom.common.Actor;
import io.chom.common.Uuid7;
import io.chom.live.LiveEvents;
import io.chom.operations.Operation;
import io.chom.operations.Operations;
import io.chom.sites.KnownSite;
import io.chom.sites.KnownSites;
import io.chom.sites.SiteId;
import io.chom.sites.SiteRefused;
import io.chom.sites.SiteTopics;
import io.chom.tenancy.TenantContext;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/** Brings the current tenant's sites back to what a backup holds, and takes that back again. */
@Service
public class Restores {
  private final KnownSites sites;
  private final BackupRows backups;
  private final RestoreRows rows;
  private final Operations operations;
  private final Audit audit;
  private final LiveEvents live;

  Restores(KnownSites sites, BackupRows backups, RestoreRows rows, Operations operations, Audit audit,
      LiveEvents live) {
    this.sites = sites;
    this.backups = backups;
    this.rows = rows;
    this.operations = operations;
    this.audit = audit;
    this.live = live;
  }

  /**
   * What is to be brought back.
   *
   * @param database the one database, where only that is wanted; null for all that the part means
   * @param typedName the site's domain, typed to confirm
   */
  public record Wanted(BackupType part, @Nullable String database, String typedName) {}

  /**
   * Promises that a backup replaces what is there of its site. The state before is kept for a while.
   *
   * @throws BackupNotFound the site has none by that id, or is not this tenant's
   * @throws BackupRefused the typed name is another one, the backup does not hold that part, something is being done
   *         with it, or the site cannot be changed now
   */
  @Transactional
  public Promised restore(SiteId id, BackupId backup, Wanted wanted, @Nullable String idempotencyKey, Actor actor) {
    var site = Backups.inSite(backup, () -> sites.hold(id));
    if (idempotencyKey != null) {
      var before = operations.requested(idempotencyKey);
      if (before.isPresent()) {
        return theSame(before.get(), site, backup, wanted);
      }
    }
    var view = backups.find(backup).filter(one -> one.site().equals(id))
        .orElseThrow(() -> new BackupNotFound(backup));
    Backups.requireName(wanted.typedName(), site);
    requireHeld(view, wanted);
    var was = begin(site);
    backups.begin(backup, BackupActivity.RESTORING);
    var restore = Uuid7.next();
    rows.insert(restore, id, backup, wanted.part(), wanted.database());
    var operation = operations.request(BackupOperations.restore(site, backup, backups.source(backup), restore,
        wanted.part(), wanted.database(), was.status(), idempotencyKey), actor);
    changed(actor, "backup.restore", site, Map.of("backup", backup.toString(), "what", wanted.part().word()));
    return new Promised(backup, operation);
  }

  private static Promised theSame(Operation before, KnownSite site, BackupId backup, Wanted wanted) {
    var same = Backups.theSame(before, BackupOperations.RESTORE, site, backup.toString(), "backup");
    if (!before.payload().path("what").asString("").equals(wanted.part().word())
        || !before.payload().path("database").asString("")
            .equals(wanted.database() == null ? "" : wanted.database())) {
      throw new BackupRefused(Reason.IDEMPOTENCY_KEY_REUSED, "idempotencyKey");
    }
    return same;
  }

  private static void requireHeld(BackupView backup, Wanted wanted) {
    if (!backup.parts().contains(wanted.part())) {
      throw new BackupRefused(Reason.NOT_IN_BACKUP, "what");
    }
    if (wanted.database() != null
        && (wanted.part() != BackupType.DATABASE || !backup.databases().contains(wanted.database()))) {
      throw new BackupRefused(Reason.NOT_IN_BACKUP, "database");
    }
  }

  private KnownSite begin(KnownSite site) {
    try {
      return sites.beginRestore(site.id());
    } catch (SiteRefused _) {
      throw Backups.notReady(site);
    }
  }

  /**
   * The restore of a site that can be taken back now, and until when; empty where there is none. It is the last one.
   */
  @Transactional(readOnly = true)
  public Optional<RestoreView> undoable(SiteId site) {
    return rows.last(site).map(RestoreRows.Kept::view);
  }

  /**
   * Promises the way back to what the site was before its last restore.
   *
   * @throws io.chom.sites.SiteNotFound there is none by that id for this tenant
   * @throws BackupRefused there is nothing to take back, or the site cannot be changed now
   */
  @Transactional
  public Operation undo(SiteId id, Actor actor) {
    var site = sites.hold(id);
    var kept = rows.last(id).orElseThrow(() -> new BackupRefused(Reason.NOTHING_TO_UNDO, "site"));
    var was = begin(site);
    rows.become(kept.id(), kept.status(), "UNDOING");
    var operation = operations.request(BackupOperations.undo(site, kept, was.status()), actor);
    changed(actor, "backup.undo", site, Map.of("backup", kept.view().backup().toString()));
    return operation;
  }

  private void changed(Actor actor, String action, KnownSite site, Map<String, Object> detail) {
    audit.record(actor, action, "site", site.id().value(), site.domain(), detail);
    live.changedAfterCommit(TenantContext.current(), BackupTopics.ALL, SiteTopics.site(site.id().value()));
  }
}
