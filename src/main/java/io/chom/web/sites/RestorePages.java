package io.chom.web.sites;

import static io.chom.accounts.Permission.SITES_WRITE;

import io.chom.accounts.Caller;
import io.chom.backups.BackupPlans;
import io.chom.backups.BackupProof;
import io.chom.backups.BackupRefused;
import io.chom.backups.BackupStatus;
import io.chom.backups.BackupType;
import io.chom.backups.BackupView;
import io.chom.backups.Backups;
import io.chom.backups.RestoreScope;
import io.chom.backups.Restores;
import io.chom.common.RequestRefused;
import io.chom.sites.KnownSite;
import io.chom.sites.KnownSites;
import io.chom.sites.SiteId;
import io.chom.sites.SiteNotFound;
import io.chom.web.backups.BackupWords;
import io.chom.web.sites.RestorePage.Field;
import io.chom.web.sites.RestorePage.Form;
import io.chom.web.sites.RestorePage.Link;
import io.chom.web.sites.RestorePage.What;
import io.chom.web.sites.RestorePage.Where;
import io.chom.web.support.Choice;
import io.chom.web.support.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Assembles the page on which a restore is chosen and looked at before it is made. */
@Component
class RestorePages {
  private final BackupPlans plans;
  private final Backups backups;
  private final Restores restores;
  private final KnownSites sites;

  RestorePages(BackupPlans plans, Backups backups, Restores restores, KnownSites sites) {
    this.plans = plans;
    this.backups = backups;
    this.restores = restores;
    this.sites = sites;
  }

  static String address(BackupView backup) {
    return "/sites/" + backup.site() + "/backups/" + backup.id();
  }

  /** @param withPlan whether to ask the server now */
  RestorePage page(BackupView backup, RestoreChoice sent, boolean withPlan, List<String> faults, Caller caller,
      Words words) {
    String here = address(backup) + "/restore";
    var choice = sensible(backup, sent);
    var target = target(backup, choice);
    var trouble = trouble(backup, choice, target, words);
    boolean askable = trouble == null && target != null && backup.status() == BackupStatus.COMPLETED;
    var plan = withPlan && askable ? plan(backup, choice, Objects.requireNonNull(target), words) : null;
    return new RestorePage(backup.domain(), title(backup, choice, target, words), BackupPages.back(backup), here,
        new What(BackupWords.type(backup.type(), words), words.moment(backup.createdAt()),
            BackupWords.proof(backup, words), parts(backup, choice, here, words), picked(choice),
            pickHref(backup, choice), address(backup) + "/downloads"),
        new Where(places(backup, choice, here, caller, words), choice.into().equals(RestoreChoice.OTHER),
            others(backup, choice), fields(choice.place(RestoreChoice.OTHER)), choice.isNew(), choice.domain()),
        new Form(fields(choice), target == null ? null : target.domain(), choice.adaptable() ? choice.adapt() : null,
            choice.fresh().requestKey(), faults),
        askable ? choice.planAt(here) : null, plan, warning(backup, words), trouble);
  }

  /** What a backup does not hold is never chosen: then it is all that it holds. */
  private static RestoreChoice sensible(BackupView backup, RestoreChoice sent) {
    var placed = sent.isHere() && !backup.siteThere() ? sent.place(RestoreChoice.OTHER) : sent;
    boolean known = names(backup).anyMatch(placed.what()::equals);
    return known ? placed : placed.part(backup.parts().getFirst().word());
  }

  private static Stream<String> names(BackupView backup) {
    return Stream.concat(backup.parts().stream().map(BackupType::word),
        backup.databases().stream().filter(name -> backup.parts().contains(BackupType.DATABASE))
            .map(name -> RestoreChoice.DATABASE + name));
  }

  /** The site whose content is replaced; null where none is chosen yet, or one is to be made. */
  private @Nullable KnownSite target(BackupView backup, RestoreChoice choice) {
    var id = choice.isHere() ? backup.site() : choice.to() == null || choice.isNew() ? null : new SiteId(choice.to());
    if (id == null) {
      return null;
    }
    return sites.find(id).orElseThrow(() -> new SiteNotFound(id));
  }

  private @Nullable String trouble(BackupView backup, RestoreChoice choice, @Nullable KnownSite target, Words words) {
    try {
      choice.scope().requireHeldBy(backup, !choice.isHere());
      if (target != null && backup.status() == BackupStatus.COMPLETED) {
        restores.requireReach(backup.id(), target.id());
      }
      return null;
    } catch (BackupRefused e) {
      return words.say(e.messageKey(), e.names());
    }
  }

  private static String title(BackupView backup, RestoreChoice choice, @Nullable KnownSite target, Words words) {
    if (choice.isNew()) {
      return words.say("restore.title.new", backup.domain());
    }
    return choice.isHere() || target == null
        ? words.say(choice.isHere() ? "restore.title" : "restore.title.other", backup.domain())
        : words.say("restore.title.into", backup.domain(), target.domain());
  }

  private static List<Link> parts(BackupView backup, RestoreChoice choice, String here, Words words) {
    var parts = new ArrayList<Link>();
    names(backup).forEach(what -> parts.add(new Link(label(what, words), choice.part(what).at(here),
        !choice.single() && choice.what().equals(what))));
    return parts;
  }

  private static String label(String what, Words words) {
    return what.startsWith(RestoreChoice.DATABASE)
        ? words.say("restore.part.one", what.substring(RestoreChoice.DATABASE.length()))
        : words.say("restore.part." + BackupType.of(what, "what"));
  }

  private static List<String> picked(RestoreChoice choice) {
    return Stream.concat(choice.paths().stream().map(path -> "/" + RestoreScope.shown(path)),
        choice.tables().stream().map(RestoreScope::shown)).toList();
  }

  /** Files, or else the tables of the database that is chosen. */
  private static @Nullable String pickHref(BackupView backup, RestoreChoice choice) {
    String page = address(backup) + "/contents";
    return backup.status() == BackupStatus.COMPLETED ? choice.at(page) : null;
  }

  private static List<Link> places(BackupView backup, RestoreChoice choice, String here, Caller caller, Words words) {
    var places = new ArrayList<Link>();
    if (backup.siteThere()) {
      places.add(new Link(words.say("restore.place.here"), choice.place(RestoreChoice.HERE).at(here), choice.isHere()));
    }
    places.add(new Link(words.say("restore.place.other"), choice.place(RestoreChoice.OTHER).at(here),
        choice.into().equals(RestoreChoice.OTHER)));
    if (caller.can(SITES_WRITE)) {
      places.add(new Link(words.say("restore.place.new"), choice.place(RestoreChoice.NEW).at(here), choice.isNew()));
    }
    return places;
  }

  private List<Choice> others(BackupView backup, RestoreChoice choice) {
    if (!choice.into().equals(RestoreChoice.OTHER)) {
      return List.of();
    }
    return backups.shelf().sites().stream().filter(site -> !site.id().equals(backup.site()))
        .map(site -> new Choice(site.id().toString(), site.domain(), site.id().value().equals(choice.to()))).toList();
  }

  static List<Field> fields(RestoreChoice choice) {
    return choice.hidden().stream().map(field -> new Field(field.name(), field.value())).toList();
  }

  private PlanView plan(BackupView backup, RestoreChoice choice, KnownSite target, Words words) {
    return BackupPages.plan(() -> choice.isHere()
        ? plans.restore(backup.site(), backup.id(), choice.scope())
        : plans.restoreInto(target.id(), backup.site(), backup.id(), choice.scope()), words);
  }

  private static @Nullable String warning(BackupView backup, Words words) {
    if (!backup.idle()) {
      return words.say(new BackupRefused(BackupRefused.Reason.BACKUP_NOT_READY, "backup").messageKey());
    }
    return backup.proof() == BackupProof.PROVEN ? null : words.say("restore.warning." + backup.proof());
  }

  /** Why what was asked for was refused, for a person. */
  static String sentence(RequestRefused refused, Words words) {
    return refused instanceof BackupRefused backup
        ? words.say(backup.messageKey(), backup.names())
        : words.say(refused.messageKey());
  }
}
