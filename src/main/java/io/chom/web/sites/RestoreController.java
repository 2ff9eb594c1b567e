package io.chom.web.sites;

import static io.chom.accounts.Permission.BACKUPS_RESTORE;
import static io.chom.accounts.Permission.SITES_WRITE;

import io.chom.accounts.Caller;
import io.chom.accounts.Requires;
import io.chom.backups.BackupId;
import io.chom.backups.BackupRefused;
import io.chom.backups.BackupView;
import io.chom.backups.Backups;
import io.chom.backups.Restores;
import io.chom.billing.PlanLimitReached;
import io.chom.common.RequestRefused;
import io.chom.servers.NoServerAvailable;
import io.chom.sites.DomainName;
import io.chom.sites.SiteId;
import io.chom.web.support.Go;
import io.chom.web.support.Phrasebook;
import io.github.wimdeblauwe.htmx.spring.boot.mvc.HtmxRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.util.MultiValueMap;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** How a backup, or a part of one, comes back: into its site, another one or a new one. */
@Controller
@RequestMapping("/sites/{site}/backups/{backup}")
class RestoreController {
  private final Backups backups;
  private final Restores restores;
  private final RestorePages pages;
  private final ContentsPages contents;
  private final Phrasebook phrasebook;

  RestoreController(Backups backups, Restores restores, RestorePages pages, ContentsPages contents,
      Phrasebook phrasebook) {
    this.backups = backups;
    this.restores = restores;
    this.pages = pages;
    this.contents = contents;
    this.phrasebook = phrasebook;
  }

  /** Looks around in the backup, to choose single files or tables. */
  @GetMapping("/contents")
  @Requires(BACKUPS_RESTORE)
  String look(@PathVariable UUID site, @PathVariable UUID backup, @RequestParam MultiValueMap<String, String> sent,
      @RequestParam(defaultValue = "false") boolean list, Model model) {
    var view = backups.get(new SiteId(site), new BackupId(backup));
    // a directory that is opened, or the one that was
    var at = Objects.requireNonNullElse(sent.getFirst("at"), Objects.requireNonNullElse(sent.getFirst("here"), ""));
    model.addAttribute("page", contents.page(view, RestoreChoice.of(sent), at, sent.getFirst("after"), list,
        phrasebook.here()));
    return "sites/contents";
  }

  @GetMapping("/restore")
  @Requires(BACKUPS_RESTORE)
  String confirm(@PathVariable UUID site, @PathVariable UUID backup, @RequestParam MultiValueMap<String, String> sent,
      @RequestParam(defaultValue = "false") boolean plan, Caller caller, Model model) {
    var view = backups.get(new SiteId(site), new BackupId(backup));
    return show(view, RestoreChoice.of(sent), plan, List.of(), caller, model);
  }

  @PostMapping("/restore")
  @Requires(BACKUPS_RESTORE)
  String restore(@PathVariable UUID site, @PathVariable UUID backup, @RequestParam MultiValueMap<String, String> sent,
      Caller caller, HtmxRequest htmx, HttpServletResponse response, Model model) {
    var view = backups.get(new SiteId(site), new BackupId(backup));
    var choice = RestoreChoice.of(sent);
    var words = phrasebook.here();
    String refused;
    try {
      return Go.to(htmx, "/sites/" + restored(view, choice, caller));
    } catch (RequestRefused e) {
      refused = RestorePages.sentence(e, words);
    } catch (PlanLimitReached e) {
      refused = words.say("sites.limit", e.limit());
    } catch (NoServerAvailable _) {
      refused = words.say("sites.no-server");
    }
    response.setStatus(HttpStatus.UNPROCESSABLE_CONTENT.value());
    return show(view, choice, true, List.of(refused), caller, model);
  }

  /** The site into which it comes. */
  private SiteId restored(BackupView view, RestoreChoice choice, Caller caller) {
    var key = key(caller, choice);
    var scope = choice.scope();
    if (choice.isNew()) {
      caller.mustHold(SITES_WRITE.scope());
      return restores.restoreAsNew(view.site(), view.id(), scope, DomainName.parse(choice.domain()), null, key,
          caller.actor()).site();
    }
    var wanted = new Restores.Wanted(scope, choice.typedName());
    if (choice.isHere()) {
      restores.restore(view.site(), view.id(), wanted, key, caller.actor());
      return view.site();
    }
    var to = choice.to();
    if (to == null) {
      throw new BackupRefused(BackupRefused.Reason.NO_SUCH_PLACE, "to");
    }
    restores.restoreInto(new SiteId(to), view.site(), view.id(), wanted, key, caller.actor());
    return new SiteId(to);
  }

  private static @Nullable String key(Caller caller, RestoreChoice choice) {
    return caller.counted() + ":" + choice.requestKey();
  }

  private String show(BackupView view, RestoreChoice choice, boolean plan, List<String> faults, Caller caller,
      Model model) {
    model.addAttribute("page", pages.page(view, choice, plan, faults, caller, phrasebook.here()));
    return "sites/restore";
  }
}
