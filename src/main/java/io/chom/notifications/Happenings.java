package io.chom.notifications;

import io.chom.backups.BackupProof;
import io.chom.backups.BackupProven;
import io.chom.backups.RunLate;
import io.chom.common.Uuid7;
import io.chom.operations.Lane;
import io.chom.operations.Operation;
import io.chom.operations.OperationEnded;
import io.chom.operations.OperationStatus;
import io.chom.operations.Operations;
import io.chom.sites.KnownSite;
import io.chom.sites.KnownSites;
import io.chom.sites.SiteId;
import java.time.Clock;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/**
 * Writes down what people may want to be told, in the transaction in which it happens: either both are true or neither.
 * Who is told of it, and how, is found out later by whichever node is alive.
 */
@Component
class Happenings {
  private static final String BACKUP = "backup.create";
  private static final String PROOF = "backup.verify";

  private final NoticeRows rows;
  private final Operations operations;
  private final KnownSites sites;
  private final Clock clock;

  Happenings(NoticeRows rows, Operations operations, KnownSites sites, Clock clock) {
    this.rows = rows;
    this.operations = operations;
    this.sites = sites;
    this.clock = clock;
  }

  // not after the commit: a node that died between the two would have told nobody
  @EventListener
  void ended(OperationEnded ended) {
    var operation = operations.get(ended.operation());
    var kind = kind(operation);
    if (kind != null) {
      var subject = operation.subject();
      String why = kind.good() ? "" : String.valueOf(operation.errorMessage());
      write(kind, subject.kind(), subject.id(), subject.label(), operation.id().value(), operation.type().value(), why,
          null);
    }
  }

  @EventListener
  void looked(BackupProven proven) {
    boolean broken = proven.outcome() == BackupProof.BROKEN;
    write(broken ? NoticeKind.BACKUP_BROKEN : NoticeKind.BACKUP_PROVEN, "site", proven.site().value(),
        domain(proven.site()), null, PROOF, "", null);
  }

  @EventListener
  void late(RunLate late) {
    write(NoticeKind.RUN_MISSED, "site", late.site().value(), domain(late.site()), null, late.type().word(), "",
        late.dueAt());
  }

  private static @Nullable NoticeKind kind(Operation operation) {
    boolean backup = operation.type().value().equals(BACKUP);
    if (operation.status() == OperationStatus.SUCCEEDED) {
      return backup ? NoticeKind.BACKUP_SUCCEEDED : null;
    } else if (operation.status() != OperationStatus.FAILED) {
      return null;
    }
    // what people start themselves they see fail; a backup that is missing concerns more of them
    return backup ? NoticeKind.BACKUP_FAILED : operation.lane() == Lane.SCHEDULED ? NoticeKind.OPERATION_FAILED : null;
  }

  private void write(NoticeKind kind, String subjectKind, UUID subject, String label, @Nullable UUID operation,
      String about, String detail, @Nullable Instant dueAt) {
    rows.insert(new Notice(Uuid7.next(), kind, PlainText.line(subjectKind, 40), subject,
        PlainText.line(label, 300), operation, PlainText.line(about, 60), PlainText.line(detail, 500), dueAt,
        clock.instant()));
  }

  private String domain(SiteId site) {
    return sites.find(site).map(KnownSite::domain).orElse("");
  }
}
