package io.chom.backups;

import io.chom.agent.AgentCommand;
import io.chom.servers.ServerId;
import io.chom.servers.ServerQuestions;
import io.chom.sites.ChangePlan;
import io.chom.sites.KnownSites;
import io.chom.sites.SiteId;
import io.chom.sites.SiteNotFound;
import io.chom.sites.SitePlans;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionTemplate;

/** Asks a backup's server what a change would do, before it is made. Nothing changes by asking. */
@Service
public class BackupPlans {
  private final BackupRows rows;
  private final Repositories repositories;
  private final ServerQuestions servers;
  private final SharedPlaces places;
  private final KnownSites sites;
  private final TransactionTemplate transaction;

  BackupPlans(BackupRows rows, Repositories repositories, ServerQuestions servers, SharedPlaces places,
      KnownSites sites, TransactionTemplate transaction) {
    this.sites = sites;
    this.rows = rows;
    this.repositories = repositories;
    this.servers = servers;
    this.places = places;
    this.transaction = transaction;
  }

  /** What is needed to ask. */
  private record Known(BackupSource source, Reach reach) {}

  /**
   * The plan of a restore.
   *
   * @throws BackupNotFound the site has none by that id, or is not this tenant's
   * @throws io.chom.servers.ServerNotReached there was no answer in time; the restore itself would wait for it
   * @throws io.chom.servers.QuestionRefused the agent would refuse it too, in its own words
   */
  public ChangePlan restore(SiteId site, BackupId backup, RestoreScope scope) {
    var known = known(site, backup);
    return ask("backup:restore", known, arguments(known, backup, scope));
  }

  /**
   * The plan of a restore into another site.
   *
   * @throws SiteNotFound there is none by that id for this tenant
   * @throws TargetRefused its server may not be told what opens the place of the backup
   */
  public ChangePlan restoreInto(SiteId into, SiteId site, BackupId backup, RestoreScope scope) {
    var known = known(site, backup);
    var other = Objects.requireNonNull(transaction.execute(status -> {
      var found = sites.find(into).orElseThrow(() -> new SiteNotFound(into));
      repositories.requireFor(known.source().repository(), found.server());
      return found;
    }));
    var arguments = arguments(known, backup, scope);
    arguments.put("source", known.source().unixUser());
    return ask("backup:restore", new Known(new BackupSource(known.source().repository(), other.server(),
        known.source().place(), other.unixUser(), known.source().snapshot(), known.source().manifest(),
        known.source().held()),
        known.reach()), arguments);
  }

  private static Map<String, Object> arguments(Known known, BackupId backup, RestoreScope scope) {
    var arguments = scope.arguments();
    arguments.putAll(Map.of("backup", backup.toString(), "snapshot",
        Objects.requireNonNull(known.source().snapshot()), "manifest",
        Objects.requireNonNull(known.source().manifest())));
    return arguments;
  }

  /** The plan of a removal; fails as that of a restore. */
  public ChangePlan delete(SiteId site, BackupId backup) {
    var known = known(site, backup);
    return ask("backup:delete", known, Map.of("snapshots", List.of(Objects.requireNonNull(known.source().snapshot()))));
  }

  private ChangePlan ask(String command, Known known, Map<String, Object> more) {
    Map<String, Object> arguments = new HashMap<>(more);
    arguments.putAll(known.reach().arguments());
    arguments.put("user", known.source().unixUser());
    arguments.put("plan", true);
    var plan = places.asked(known.reach(), () -> ChangePlan.of(servers.ask(new ServerId(known.source().server()),
        new AgentCommand(command, arguments, known.reach().secrets()), SitePlans.LIMIT)));
    var place = known.reach().shared();
    return place == null ? plan : place.veiled(plan);
  }

  private Known known(SiteId site, BackupId backup) {
    return Objects.requireNonNull(transaction.execute(status -> {
      if (rows.find(backup).filter(one -> one.site().equals(site) && one.status() == BackupStatus.COMPLETED)
          .isEmpty()) {
        throw new BackupNotFound(backup);
      }
      var source = rows.source(backup);
      return new Known(source, repositories.reach(source.repository()));
    }));
  }
}
