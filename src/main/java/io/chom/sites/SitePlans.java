package io.chom.sites;

import io.chom.agent.AgentCommand;
import io.chom.servers.ServerId;
import io.chom.servers.ServerQuestions;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionTemplate;

/** Asks a site's server what a change would do, before it is made. Nothing changes by asking. */
@Service
public class SitePlans {
  /** So long a page waits for a plan, and no longer. */
  public static final Duration LIMIT = Duration.ofSeconds(3);

  private final SiteRepository sites;
  private final ServerQuestions servers;
  private final TransactionTemplate transaction;

  SitePlans(SiteRepository sites, ServerQuestions servers, TransactionTemplate transaction) {
    this.sites = sites;
    this.servers = servers;
    this.transaction = transaction;
  }

  /**
   * The plan of a change of one of the current tenant's sites.
   *
   * @throws SiteNotFound there is none by that id for this tenant, or nothing of it is left
   * @throws io.chom.servers.ServerNotReached there was no answer in time; the change itself would wait for it
   * @throws io.chom.servers.QuestionRefused the agent would refuse the change too, in its own words
   */
  public ChangePlan of(SiteId id, SiteChange change) {
    var site = transaction.execute(status -> sites.find(id.value())
        .filter(found -> found.status() != SiteStatus.DELETED || found.canComeBack()).orElse(null));
    if (site == null) {
      throw new SiteNotFound(id);
    }
    Map<String, Object> arguments = new HashMap<>(Map.of("user", site.unixUser(), "plan", true));
    if (change.purge()) {
      arguments.put("purge", true);
    }
    return ChangePlan
        .of(servers.ask(new ServerId(site.server()), new AgentCommand(change.command(), arguments, Map.of()),
            LIMIT));
  }
}
