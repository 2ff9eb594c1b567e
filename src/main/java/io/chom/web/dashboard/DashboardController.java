package io.chom.web.dashboard;

import static io.chom.accounts.Permission.SITES_READ;
import static io.chom.accounts.Permission.SITES_WRITE;

import io.chom.accounts.Caller;
import io.chom.accounts.Requires;
import io.chom.billing.Plan;
import io.chom.dashboard.Overview;
import io.chom.dashboard.Overviews;
import io.chom.web.operations.OperationLines;
import io.chom.web.sites.SiteRows;
import io.chom.web.support.Figure;
import io.chom.web.support.Phrasebook;
import io.chom.web.support.Words;
import java.util.List;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;

/** The overview, which is also the first page after signing in. */
@Controller
class DashboardController {
  private static final int MB_PER_GB = 1_024;

  private final Overviews overviews;
  private final Phrasebook phrasebook;

  DashboardController(Overviews overviews, Phrasebook phrasebook) {
    this.overviews = overviews;
    this.phrasebook = phrasebook;
  }

  @GetMapping("/")
  @Requires(SITES_READ)
  String page(Caller caller, Model model) {
    var words = phrasebook.here();
    var overview = overviews.now();
    model.addAttribute("page",
        new DashboardPage(figures(overview, words), SiteRows.of(overview.recentSites(), words),
            OperationLines.of(overview.running(), words), caller.can(SITES_WRITE)));
    return "dashboard/page";
  }

  private static List<Figure> figures(Overview overview, Words words) {
    var stats = overview.stats();
    var plan = overview.plan();
    long silent = stats.totalSites() - stats.activeSites();
    return List.of(
        figure("world", "sites", words.count(stats.totalSites()),
            limit(plan.maxSites(), words.count(plan.maxSites()), "sites", words), words),
        figure("heartbeat", "active", words.count(stats.activeSites()),
            stats.totalSites() == 0
                ? words.say("dashboard.figure.active.none")
                : words.say("dashboard.figure.active.note", silent),
            words),
        figure("database", "storage", words.megabytes(stats.storageUsedMb()),
            limit(plan.maxStorageGb(), words.megabytes((long) plan.maxStorageGb() * MB_PER_GB), "storage", words),
            words),
        figure("certificate", "certificates", words.count(stats.sslExpiringSoon()),
            words.say("dashboard.figure.certificates.note"), words));
  }

  private static String limit(int limit, String said, String figure, Words words) {
    return limit == Plan.UNLIMITED
        ? words.say("dashboard.figure." + figure + ".unlimited")
        : words.say("dashboard.figure." + figure + ".note", said);
  }

  private static Figure figure(String icon, String key, String value, String note, Words words) {
    return new Figure(icon, words.say("dashboard.figure." + key), value, note);
  }
}
