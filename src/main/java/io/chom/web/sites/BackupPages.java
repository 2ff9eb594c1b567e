package io.chom.web.sites;

import io.chom.backups.BackupPlans;
import io.chom.backups.BackupStatus;
import io.chom.backups.BackupView;
import io.chom.servers.QuestionRefused;
import io.chom.servers.ServerNotReached;
import io.chom.sites.ChangePlan;
import io.chom.web.backups.BackupWords;
import io.chom.web.support.Words;
import java.util.List;
import java.util.function.Supplier;
import org.springframework.stereotype.Component;

/** Assembles the page on which a removal is looked at before it is made. */
@Component
class BackupPages {
  private final BackupPlans plans;

  BackupPages(BackupPlans plans) {
    this.plans = plans;
  }

  /** Where the backup is listed. */
  static String back(BackupView backup) {
    return backup.siteThere() ? "/sites/" + backup.site() + "#backups" : "/backups";
  }

  private static String address(BackupView backup) {
    return "/sites/" + backup.site() + "/backups/" + backup.id();
  }

  ConfirmPage remove(BackupView backup, boolean withPlan, List<String> faults, Words words) {
    String here = address(backup) + "/remove";
    // nothing of one that failed is anywhere
    boolean ask = withPlan && backup.status() == BackupStatus.COMPLETED;
    var plan = backup.status() == BackupStatus.COMPLETED
        ? ask ? plan(() -> plans.delete(backup.site(), backup.id()), words) : null
        : new PlanView(List.of(), List.of(), words.say("backup.remove.nothing"));
    return new ConfirmPage(backup.domain(), back(backup), words.say("backup.remove.title", backup.domain()),
        words.say("backup.remove.text", BackupWords.type(backup.type(), words),
            words.moment(backup.createdAt()).exact()),
        words.say("backup.remove"), here, here + "?plan=true", plan, true, false, faults, null);
  }

  static PlanView plan(Supplier<ChangePlan> ask, Words words) {
    try {
      return PlanView.of(ask.get(), words);
    } catch (ServerNotReached _) {
      return new PlanView(List.of(), List.of(), words.say("plan.away", words.say("backup.server")));
    } catch (QuestionRefused e) {
      return new PlanView(List.of(), List.of(), words.say("plan.refused", String.valueOf(e.getMessage())));
    }
  }
}
