package io.chom.backups;

import io.chom.audit.Audit;
import io.chom.backups.RetentionRules.Candidate;
import io.chom.backups.RetentionRules.Why;
import io.chom.billing.Plan;
import io.chom.billing.Plans;
import io.chom.common.Actor;
import io.chom.common.ChomException;
import io.chom.live.LiveEvents;
import io.chom.sites.KnownSites;
import io.chom.sites.SiteId;
import io.chom.sites.SiteNotFound;
import io.chom.sites.SiteTopics;
import io.chom.tenancy.TenantContext;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.event.TransactionPhase;
import org.springframework.transaction.event.TransactionalEventListener;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Lets backups go whose time is over. A site's backups of one type are chosen from together, by the numbers of its
 * schedule of that type and within what the tenant's plan allows; without a schedule the plan alone says. What goes does
 * so as an operation that its tenant can follow.
 */
@Service
public class BackupRetention {
  private static final Logger LOG = LoggerFactory.getLogger(BackupRetention.class);
  private static final RetentionRules ALL = new RetentionRules(0, 0, 0, 0, 0, null, null);

  private final JdbcClient jdbc;
  private final KnownSites sites;
  private final ScheduleRows schedules;
  private final Backups backups;
  private final Plans plans;
  private final Audit audit;
  private final LiveEvents live;
  private final Clock clock;
  private final TransactionTemplate transaction;

  BackupRetention(JdbcClient jdbc, KnownSites sites, ScheduleRows schedules, Backups backups, Plans plans, Audit audit,
      LiveEvents live, Clock clock, TransactionTemplate transaction) {
    this.jdbc = jdbc;
    this.sites = sites;
    this.schedules = schedules;
    this.backups = backups;
    this.plans = plans;
    this.audit = audit;
    this.live = live;
    this.clock = clock;
    this.transaction = transaction;
  }

  /**
   * What would become of a backup.
   *
   * @param why it stays; empty where it goes
   */
  public record Fate(BackupId backup, Instant at, long bytes, boolean pinned, Set<Why> why) {
    public boolean stays() {
      return !why.isEmpty();
    }
  }

  /**
   * What would become of a site's backups of one type by other numbers, newest first. Nothing goes.
   *
   * @param zone of the tz database, in which days begin and end
   * @throws SiteNotFound there is none by that id for this tenant
   * @throws ScheduleRefused the numbers or the zone cannot be
   */
  @Transactional(readOnly = true)
  public List<Fate> preview(SiteId site, BackupType type, ScheduleWish.Keep keep, String zone) {
    if (sites.find(site).isEmpty()) {
      throw new SiteNotFound(site);
    }
    if (!keep.possible()) {
      throw new ScheduleRefused(ScheduleRefused.Reason.KEEP_INVALID, "keep");
    }
    if (!ZoneId.getAvailableZoneIds().contains(zone)) {
      throw new ScheduleRefused(ScheduleRefused.Reason.TIME_ZONE_UNKNOWN, "zone");
    }
    return fates(choose(site, type, keep.rules(), ZoneId.of(zone)));
  }

  @TransactionalEventListener(phase = TransactionPhase.AFTER_COMMIT)
  void look(BackupTaken taken) {
    Aside.run(taken.tenant(), "keep what is kept of site " + taken.site(), () -> apply(taken.site(), taken.type()));
  }

  /**
   * Asks for the removal of what is no longer kept of a site's backups of one type. Call it outside a transaction.
   *
   * @return how many go
   */
  public int apply(SiteId site, BackupType type) {
    var gone = transaction.execute(status -> schedules.of(site).stream().filter(one -> one.wish().type() == type)
        .findFirst().map(one -> choose(site, type, one.wish().keep().rules(), ZoneId.of(one.wish().zone())))
        .orElseGet(() -> choose(site, type, ALL, ZoneOffset.UTC)).gone());
    int asked = 0;
    for (var one : gone == null ? List.<Candidate>of() : gone.reversed()) {
      try {
        backups.expire(site, new BackupId(one.id()));
        asked++;
      } catch (ChomException e) {
        // something is being done with it; the next backup comes by here again
        LOG.info("Backup {} stays for now: {}", one.id(), e.getMessage());
      }
    }
    return asked;
  }

  /**
   * Keeps a backup whatever the numbers say, or no longer.
   *
   * @throws BackupNotFound the site has none by that id, or is not this tenant's
   * @throws BackupRefused it is going already
   */
  @Transactional
  public void pin(SiteId site, BackupId backup, boolean pinned, Actor actor) {
    // whoever lets one go holds its site
    sites.find(site).ifPresent(known -> sites.hold(known.id()));
    var view = backups.get(site, backup);
    if (pinned && view.activity() == BackupActivity.REMOVING) {
      throw new BackupRefused(BackupRefused.Reason.BACKUP_NOT_READY, "activity");
    }
    int changed = jdbc.sql("""
        update site_backup set pinned = :pinned
        where tenant_id = :tenant and id = :id and status = 'COMPLETED' and pinned <> :pinned
        """).param("pinned", pinned).param("tenant", tenant()).param("id", backup.value()).update();
    if (changed > 0) {
      audit.record(actor, pinned ? "backup.pin" : "backup.unpin", "site", site.value(), view.domain(),
          Map.of("backup", backup.toString()));
      live.changedAfterCommit(TenantContext.current(), BackupTopics.ALL, SiteTopics.site(site.value()));
    }
  }

  private RetentionRules.Choice choose(SiteId site, BackupType type, RetentionRules rules, ZoneId zone) {
    int planDays = plans.current().backupDays();
    var within = planDays == Plan.UNLIMITED ? rules : rules.within(planDays);
    return within.choose(candidates(site, type), clock.instant(), zone);
  }

  private List<Candidate> candidates(SiteId site, BackupType type) {
    return jdbc.sql("""
        select id, created_at, added_bytes, pinned, proof from site_backup
        where tenant_id = :tenant and site_id = :site and backup_type = :type and status = 'COMPLETED'
          and activity is distinct from 'REMOVING'
        """).param("tenant", tenant()).param("site", site.value()).param("type", type.name())
        .query(BackupRetention::read).list();
  }

  private static Candidate read(ResultSet row, int n) throws SQLException {
    return new Candidate(row.getObject("id", UUID.class), row.getTimestamp("created_at").toInstant(),
        row.getLong("added_bytes"), row.getBoolean("pinned"), BackupProof.valueOf(row.getString("proof")));
  }

  private static List<Fate> fates(RetentionRules.Choice choice) {
    return Stream.concat(choice.kept().entrySet().stream().map(entry -> fate(entry.getKey(), entry.getValue())),
        choice.gone().stream().map(one -> fate(one, Set.of())))
        .sorted(Comparator.comparing(Fate::at).reversed()).toList();
  }

  private static Fate fate(Candidate one, Set<Why> why) {
    return new Fate(new BackupId(one.id()), one.at(), one.bytes(), one.pinned(), Set.copyOf(why));
  }

  private static UUID tenant() {
    return TenantContext.current().value();
  }
}
