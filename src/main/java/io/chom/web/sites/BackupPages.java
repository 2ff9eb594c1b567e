package io.chom.web.sites;

import io.chom.backups.BackupPlans;
import io.chom.backups.BackupProof;
import io.chom.backups.BackupRefused;
import io.chom.backups.BackupStatus;
import io.chom.backups.BackupType;
import io.chom.backups.BackupView;
import io.chom.common.Uuid7;
import io.chom.servers.QuestionRefused;
import io.chom.servers.ServerNotReached;
import io.chom.sites.ChangePlan;
import io.chom.web.backups.BackupWords;
import io.chom.web.support.Choice;
import io.chom.web.support.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.web.util.UriComponentsBuilder;

/** Assembles the pages on which a restore or a removal is looked at before it is made. */
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

  /**
   * @param what what was chosen; null for the first that it offers
   * @param withPlan whether to ask the server now
   */
  RestorePage restore(BackupView backup, @Nullable String what, boolean withPlan, List<String> faults, Words words) {
    var parts = parts(backup, words);
    var chosen = parts.stream().filter(part -> part.value().equals(what)).findFirst().orElse(parts.getFirst()).value();
    String here = address(backup) + "/restore";
    var part = RestorePart.of(chosen);
    var plan = withPlan && backup.status() == BackupStatus.COMPLETED
        ? plan(() -> plans.restore(backup.site(), backup.id(), part.part(), part.database()), words)
        : null;
    return new RestorePage(backup.domain(), back(backup), here, BackupWords.type(backup.type(), words),
        words.moment(backup.createdAt()), BackupWords.proof(backup, words),
        parts.stream().map(one -> new Choice(one.value(), one.label(), one.value().equals(chosen))).toList(), chosen,
        UriComponentsBuilder.fromPath(here).queryParam("what", chosen).queryParam("plan", true).encode().toUriString(),
        plan, Uuid7.next().toString(), warning(backup, words), faults, address(backup) + "/downloads");
  }

  private static List<Choice> parts(BackupView backup, Words words) {
    var parts = new ArrayList<Choice>();
    backup.parts().forEach(part -> parts.add(new Choice(part.word(), words.say("restore.part." + part), false)));
    if (backup.parts().contains(BackupType.DATABASE)) {
      backup.databases().forEach(name -> parts
          .add(new Choice(RestorePart.one(name), words.say("restore.part.one", name), false)));
    }
    return parts;
  }

  private static @Nullable String warning(BackupView backup, Words words) {
    if (!backup.idle()) {
      return words.say(new BackupRefused(BackupRefused.Reason.BACKUP_NOT_READY, "backup").messageKey());
    }
    return backup.proof() == BackupProof.PROVEN ? null : words.say("restore.warning." + backup.proof());
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

  private static PlanView plan(Supplier<ChangePlan> ask, Words words) {
    try {
      return PlanView.of(ask.get(), words);
    } catch (ServerNotReached _) {
      return new PlanView(List.of(), List.of(), words.say("plan.away", words.say("backup.server")));
    } catch (QuestionRefused e) {
      return new PlanView(List.of(), List.of(), words.say("plan.refused", String.valueOf(e.getMessage())));
    }
  }
}
