package io.chom.web.sites;

import static io.chom.accounts.Permission.BACKUPS_DELETE;
import static io.chom.accounts.Permission.BACKUPS_READ;
import static io.chom.accounts.Permission.BACKUPS_RESTORE;
import static io.chom.accounts.Permission.BACKUPS_SCHEDULE;
import static io.chom.accounts.Permission.BACKUPS_WRITE;

import io.chom.accounts.Caller;
import io.chom.accounts.Requires;
import io.chom.backups.BackupId;
import io.chom.backups.BackupRefused;
import io.chom.backups.BackupRetention;
import io.chom.backups.BackupType;
import io.chom.backups.BackupWish;
import io.chom.backups.Backups;
import io.chom.backups.Restores;
import io.chom.common.RequestRefused;
import io.chom.sites.SiteId;
import io.chom.sites.Sites;
import io.chom.web.backups.ScheduleForm;
import io.chom.web.backups.TargetChoices;
import io.chom.web.support.Go;
import io.chom.web.support.Phrasebook;
import io.github.wimdeblauwe.htmx.spring.boot.mvc.HtmxRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** The backups of one site: a part of its page, the forms there, and the page that asks once more. */
@Controller
@RequestMapping("/sites/{site}/backups")
class BackupCardController {
  private final Sites sites;
  private final Backups backups;
  private final Restores restores;
  private final BackupRetention retention;
  private final BackupCards cards;
  private final BackupPages confirm;
  private final DatabaseCards databases;
  private final SitePages pages;
  private final Phrasebook phrasebook;

  BackupCardController(Sites sites, Backups backups, Restores restores, BackupRetention retention, BackupCards cards,
      BackupPages confirm,
      DatabaseCards databases, SitePages pages, Phrasebook phrasebook) {
    this.sites = sites;
    this.backups = backups;
    this.restores = restores;
    this.retention = retention;
    this.cards = cards;
    this.confirm = confirm;
    this.databases = databases;
    this.pages = pages;
    this.phrasebook = phrasebook;
  }

  @GetMapping
  @Requires(BACKUPS_READ)
  String card(@PathVariable UUID site, Caller caller, HtmxRequest htmx, Model model) {
    return show(new SiteId(site), caller, BackupCard.Wish.NONE, List.of(), htmx, model);
  }

  @PostMapping
  @Requires(BACKUPS_WRITE)
  String create(@PathVariable UUID site, @RequestParam(defaultValue = "full") String type,
      @RequestParam @Nullable String target, @RequestParam(defaultValue = "") String exclude,
      @RequestParam @Nullable String requestKey, Caller caller, HtmxRequest htmx,
      HttpServletResponse response,
      Model model) {
    return change(new SiteId(site), new BackupCard.Wish(type, target, exclude), caller, htmx, response, model,
        () -> backups.create(new SiteId(site),
            new BackupWish(BackupType.of(type, "type"), TargetChoices.chosen(target), ScheduleForm.lines(exclude)),
            key(caller, requestKey), caller.actor()));
  }

  @PostMapping("/{backup}/verify")
  @Requires(BACKUPS_WRITE)
  String verify(@PathVariable UUID site, @PathVariable UUID backup, Caller caller, HtmxRequest htmx,
      HttpServletResponse response, Model model) {
    return change(new SiteId(site), caller, htmx, response, model,
        () -> backups.verify(new SiteId(site), new BackupId(backup), null, caller.actor()));
  }

  @PostMapping("/{backup}/pin")
  @Requires(BACKUPS_SCHEDULE)
  String pin(@PathVariable UUID site, @PathVariable UUID backup, Caller caller, HtmxRequest htmx,
      HttpServletResponse response, Model model) {
    return change(new SiteId(site), caller, htmx, response, model,
        () -> retention.pin(new SiteId(site), new BackupId(backup), true, caller.actor()));
  }

  @PostMapping("/{backup}/unpin")
  @Requires(BACKUPS_SCHEDULE)
  String unpin(@PathVariable UUID site, @PathVariable UUID backup, Caller caller, HtmxRequest htmx,
      HttpServletResponse response, Model model) {
    return change(new SiteId(site), caller, htmx, response, model,
        () -> retention.pin(new SiteId(site), new BackupId(backup), false, caller.actor()));
  }

  @PostMapping("/undo-restore")
  @Requires(BACKUPS_RESTORE)
  String undo(@PathVariable UUID site, Caller caller, HtmxRequest htmx, HttpServletResponse response, Model model) {
    try {
      restores.undo(new SiteId(site), caller.actor());
      return Go.to(htmx, "/sites/" + site);
    } catch (BackupRefused e) {
      return refused(new SiteId(site), BackupCard.Wish.NONE, e, caller, htmx, response, model);
    }
  }

  @GetMapping("/{backup}/remove")
  @Requires(BACKUPS_DELETE)
  String confirmRemove(@PathVariable UUID site, @PathVariable UUID backup,
      @RequestParam(defaultValue = "false") boolean plan, Model model) {
    var view = backups.get(new SiteId(site), new BackupId(backup));
    model.addAttribute("page", confirm.remove(view, plan, List.of(), phrasebook.here()));
    return "sites/confirm";
  }

  @PostMapping("/{backup}/remove")
  @Requires(BACKUPS_DELETE)
  String remove(@PathVariable UUID site, @PathVariable UUID backup, @RequestParam(defaultValue = "") String typedName,
      Caller caller, HtmxRequest htmx, HttpServletResponse response, Model model) {
    var view = backups.get(new SiteId(site), new BackupId(backup));
    try {
      backups.delete(view.site(), view.id(), typedName, caller.actor());
      return Go.to(htmx, BackupPages.back(view));
    } catch (BackupRefused e) {
      response.setStatus(HttpStatus.UNPROCESSABLE_CONTENT.value());
      var words = phrasebook.here();
      model.addAttribute("page", confirm.remove(view, true, List.of(words.say(e.messageKey())), words));
      return "sites/confirm";
    }
  }

  private static @Nullable String key(Caller caller, @Nullable String requestKey) {
    return requestKey == null ? null : caller.counted() + ":" + requestKey;
  }

  private String change(SiteId site, Caller caller, HtmxRequest htmx, HttpServletResponse response, Model model,
      Runnable change) {
    return change(site, BackupCard.Wish.NONE, caller, htmx, response, model, change);
  }

  private String change(SiteId site, BackupCard.Wish wish, Caller caller, HtmxRequest htmx,
      HttpServletResponse response, Model model, Runnable change) {
    try {
      change.run();
    } catch (RequestRefused e) {
      return refused(site, wish, e, caller, htmx, response, model);
    }
    return htmx.isHtmxRequest()
        ? show(site, caller, BackupCard.Wish.NONE, List.of(), htmx, model)
        : Go.to(htmx, "/sites/" + site + "#backups");
  }

  private String refused(SiteId site, BackupCard.Wish wish, RequestRefused why, Caller caller, HtmxRequest htmx,
      HttpServletResponse response, Model model) {
    response.setStatus(HttpStatus.UNPROCESSABLE_CONTENT.value());
    return show(site, caller, wish, List.of(phrasebook.here().say(why.messageKey())), htmx, model);
  }

  private String show(SiteId id, Caller caller, BackupCard.Wish wish, List<String> faults, HtmxRequest htmx,
      Model model) {
    var site = sites.get(id);
    var words = phrasebook.here();
    var card = cards.card(site, caller, wish, faults, words);
    model.addAttribute("backups", card);
    if (htmx.isHtmxRequest()) {
      model.addAttribute("card", card);
      return "sites/backups :: card";
    }
    model.addAttribute("page", pages.page(site, caller, words));
    model.addAttribute("databases", databases.card(site, caller, words));
    return "sites/detail";
  }
}
