package io.chom.web.sites;

import io.chom.servers.QuestionRefused;
import io.chom.servers.ServerNotReached;
import io.chom.sites.SiteChange;
import io.chom.sites.SitePlans;
import io.chom.sites.SiteView;
import io.chom.sites.Sites;
import io.chom.web.support.Words;
import java.util.List;
import org.springframework.stereotype.Component;

/** Assembles the pages on which a change of a site is looked at before it is made. */
@Component
class ConfirmPages {
  private final Sites sites;
  private final SitePlans plans;

  ConfirmPages(Sites sites, SitePlans plans) {
    this.sites = sites;
    this.plans = plans;
  }

  /** @param withPlan whether to ask the server now; what removes files for good is never shown without */
  ConfirmPage delete(SiteView site, boolean purge, boolean withPlan, List<String> faults, Words words) {
    String here = "/sites/" + site.id();
    var plan = purge || withPlan ? plan(site, purge ? SiteChange.PURGE : SiteChange.DELETE, words) : null;
    var other = purge
        ? new ConfirmPage.Other(words.say("site.delete.keep.instead"), here + "/delete")
        : new ConfirmPage.Other(words.say("site.delete.purge.instead"), here + "/delete?purge=true");
    return new ConfirmPage(site.domain(), here, words.say("site.delete.title", site.domain()),
        purge ? words.say("site.delete.purge.text") : words.say("site.delete.keep.text", sites.retainedDays()),
        words.say(purge ? "site.delete.purge" : "site.delete"), here + "/delete",
        here + "/delete?plan=true" + (purge ? "&purge=true" : ""), plan, true, purge, faults, other);
  }

  ConfirmPage disable(SiteView site, boolean withPlan, Words words) {
    String here = "/sites/" + site.id();
    return new ConfirmPage(site.domain(), here, words.say("site.disable.title", site.domain()),
        words.say("site.disable.text"), words.say("site.disable"), here + "/disable", here + "/disable?plan=true",
        withPlan ? plan(site, SiteChange.DISABLE, words) : null, false, false, List.of(), null);
  }

  private PlanView plan(SiteView site, SiteChange change, Words words) {
    try {
      return PlanView.of(plans.of(site.id(), change), words);
    } catch (ServerNotReached _) {
      return new PlanView(List.of(), List.of(),
          words.say(change == SiteChange.PURGE ? "plan.away.purge" : "plan.away", site.serverName()));
    } catch (QuestionRefused e) {
      return new PlanView(List.of(), List.of(), words.say("plan.refused", String.valueOf(e.getMessage())));
    }
  }
}
