package io.chom.backups;

import io.chom.common.Actor;
import io.chom.common.ChomException;
import io.chom.sites.SiteId;
import io.chom.tenancy.TenantContext;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.event.TransactionPhase;
import org.springframework.transaction.event.TransactionalEventListener;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Sees to it that backups are looked at without anybody asking, and that a broken one is not the last: a new one is
 * taken. Nothing is proven again and again: a replacement is looked at when its time comes.
 */
@Service
class BackupProofs {
  private static final Logger LOG = LoggerFactory.getLogger(BackupProofs.class);

  private final JdbcClient jdbc;
  private final ScheduleRows schedules;
  private final Backups backups;
  private final BackupRows rows;
  private final MeterRegistry metrics;
  private final Clock clock;
  private final TransactionTemplate transaction;

  BackupProofs(JdbcClient jdbc, ScheduleRows schedules, Backups backups, BackupRows rows, MeterRegistry metrics,
      Clock clock, TransactionTemplate transaction) {
    this.jdbc = jdbc;
    this.schedules = schedules;
    this.backups = backups;
    this.rows = rows;
    this.metrics = metrics;
    this.clock = clock;
    this.transaction = transaction;
  }

  @TransactionalEventListener(phase = TransactionPhase.AFTER_COMMIT)
  void look(BackupTaken taken) {
    Aside.run(taken.tenant(), "prove backup " + taken.backup(),
        () -> proveIfDue(taken.site(), taken.type(), taken.backup()));
  }

  @TransactionalEventListener(phase = TransactionPhase.AFTER_COMMIT)
  void look(BackupProven looked) {
    metrics.counter("chom.backup.proofs", "outcome", looked.outcome().name()).increment();
    if (looked.outcome() == BackupProof.BROKEN) {
      LOG.warn("Backup {} was restored on the side and is broken", looked.backup());
      Aside.run(looked.tenant(), "replace backup " + looked.backup(), () -> replace(looked.backup()));
    }
  }

  /** What may be half gone must not be counted on until somebody has looked. */
  @TransactionalEventListener(phase = TransactionPhase.AFTER_COMMIT)
  void look(BackupDoubted doubted) {
    Aside.run(doubted.tenant(), "prove backup " + doubted.backup(),
        () -> asked(() -> backups.verify(doubted.site(), doubted.backup(), null, Actor.PANEL)));
  }

  /** The site's own server has the last word. */
  @TransactionalEventListener(phase = TransactionPhase.AFTER_COMMIT)
  void look(ProofNotGiven elsewhere) {
    Aside.run(elsewhere.tenant(), "prove backup " + elsewhere.backup() + " at home",
        () -> asked(() -> backups.verify(elsewhere.site(), elsewhere.backup(), null, Actor.PANEL)));
  }

  @TransactionalEventListener(phase = TransactionPhase.AFTER_COMMIT)
  void look(RepositoryRetired retired) {
    LOG.warn("The repository of backup {} is damaged; another one takes over", retired.failed());
    Aside.run(retired.tenant(), "replace backup " + retired.failed(), () -> replace(retired.failed()));
  }

  /** @return whether the backup is to be proven now */
  boolean proveIfDue(SiteId site, BackupType type, BackupId backup) {
    var due = transaction.execute(status -> schedules.of(site).stream().filter(one -> one.wish().type() == type)
        .anyMatch(one -> one.wish().proveDays() > 0 && !lookedAt(site, type, Duration.ofDays(one.wish().proveDays()))));
    return Boolean.TRUE.equals(due) && asked(() -> backups.verify(site, backup, null, Actor.PANEL));
  }

  private boolean lookedAt(SiteId site, BackupType type, Duration within) {
    return jdbc.sql("""
        select exists (
          select from site_backup b join backup_proof p on p.tenant_id = b.tenant_id and p.backup_id = b.id
          where b.tenant_id = :tenant and b.site_id = :site and b.backup_type = :type and p.created_at > :since)
        """).param("tenant", tenant()).param("site", site.value()).param("type", type.name())
        .param("since", Timestamp.from(clock.instant().minus(within))).query(Boolean.class).single();
  }

  /** @return whether a new backup was asked for: there is no newer one of its type */
  boolean replace(BackupId broken) {
    var view = transaction.execute(status -> rows.find(broken).orElse(null));
    if (view == null || !view.siteThere()) {
      return false;
    }
    var newer = transaction.execute(status -> jdbc.sql("""
        select exists (select from site_backup where tenant_id = :tenant and site_id = :site and backup_type = :type
                       and status in ('RUNNING', 'COMPLETED') and proof <> 'BROKEN' and created_at > :at)
        """).param("tenant", tenant()).param("site", view.site().value()).param("type", view.type().name())
        .param("at", Timestamp.from(view.createdAt())).query(Boolean.class).single());
    return !Boolean.TRUE.equals(newer) && asked(() -> backups.create(view.site(), again(view), null, Actor.PANEL));
  }

  /** As the broken one was taken: to the same place, and without what its schedule leaves out. */
  private BackupWish again(BackupView broken) {
    var exclude = Objects.requireNonNull(transaction.execute(status -> schedules.of(broken.site()))).stream()
        .map(ScheduleRows.Row::wish).filter(wish -> wish.type() == broken.type()).map(ScheduleWish::exclude)
        .findFirst().orElse(List.of());
    return new BackupWish(broken.type(), broken.target().id(), exclude);
  }

  private static boolean asked(Runnable work) {
    try {
      work.run();
      return true;
    } catch (ChomException e) {
      LOG.info("Not now: {}", e.getMessage());
      return false;
    }
  }

  private static UUID tenant() {
    return TenantContext.current().value();
  }
}
