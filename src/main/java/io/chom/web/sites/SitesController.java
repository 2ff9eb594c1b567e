package io.chom.web.sites;

import static io.chom.accounts.Permission.SITES_DELETE;
import static io.chom.accounts.Permission.SITES_READ;
import static io.chom.accounts.Permission.SITES_WRITE;

import io.chom.accounts.Caller;
import io.chom.accounts.Requires;
import io.chom.billing.PlanLimitReached;
import io.chom.servers.NoServerAvailable;
import io.chom.sites.DeleteSite;
import io.chom.sites.SiteId;
import io.chom.sites.SiteRefused;
import io.chom.sites.SiteStatus;
import io.chom.sites.Sites;
import io.chom.web.support.Go;
import io.chom.web.support.Phrasebook;
import io.github.wimdeblauwe.htmx.spring.boot.mvc.HtmxRequest;
import io.github.wimdeblauwe.htmx.spring.boot.mvc.HxRequest;
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

/** A tenant's sites: all of them, one of them, and how one goes. */
@Controller
@RequestMapping("/sites")
class SitesController {
  private final Sites sites;
  private final SitePages pages;
  private final ConfirmPages confirm;
  private final DatabaseCards databases;
  private final BackupCards backups;
  private final Phrasebook phrasebook;

  SitesController(Sites sites, SitePages pages, ConfirmPages confirm, DatabaseCards databases,
      BackupCards backups, Phrasebook phrasebook) {
    this.sites = sites;
    this.pages = pages;
    this.confirm = confirm;
    this.databases = databases;
    this.backups = backups;
    this.phrasebook = phrasebook;
  }

  @GetMapping
  @Requires(SITES_READ)
  String list(@RequestParam @Nullable String q, @RequestParam @Nullable SiteStatus status,
      @RequestParam @Nullable UUID before, Caller caller, Model model) {
    var listed = pages.list(q, status, before, caller.can(SITES_WRITE), phrasebook.here());
    model.addAttribute("page", listed.page());
    model.addAttribute("deleted", listed.deleted());
    return "sites/list";
  }

  @HxRequest
  @GetMapping("/deleted")
  @Requires(SITES_READ)
  String deleted(Caller caller, Model model) {
    model.addAttribute("deleted", pages.deleted(caller.can(SITES_WRITE), phrasebook.here()));
    return "sites/list :: deleted";
  }

  @PostMapping("/{id}/undo-deletion")
  @Requires(SITES_WRITE)
  String undoDeletion(@PathVariable UUID id, Caller caller, HtmxRequest htmx, HttpServletResponse response,
      Model model) {
    var words = phrasebook.here();
    try {
      sites.undoDeletion(new SiteId(id), caller.actor());
      return Go.to(htmx, "/sites/" + id);
    } catch (SiteRefused e) {
      model.addAttribute("refused", words.say(e.messageKey()));
    } catch (PlanLimitReached e) {
      model.addAttribute("refused", words.say("sites.limit", e.limit()));
    } catch (NoServerAvailable _) {
      model.addAttribute("refused", words.say("site.refused.server-full"));
    }
    response.setStatus(HttpStatus.CONFLICT.value());
    return list(null, null, null, caller, model);
  }

  @HxRequest
  @GetMapping
  @Requires(SITES_READ)
  String table(@RequestParam @Nullable String q, @RequestParam @Nullable SiteStatus status,
      @RequestParam @Nullable UUID before, Caller caller, Model model) {
    return list(q, status, before, caller, model) + " :: table";
  }

  @GetMapping("/{id}")
  @Requires(SITES_READ)
  String detail(@PathVariable UUID id, Caller caller, Model model) {
    var site = sites.get(new SiteId(id));
    model.addAttribute("page", pages.page(site, caller, phrasebook.here()));
    model.addAttribute("databases", databases.card(site, caller, phrasebook.here()));
    model.addAttribute("backups", backups.card(site, caller, phrasebook.here()));
    return "sites/detail";
  }

  @GetMapping("/{id}/delete")
  @Requires(SITES_DELETE)
  String confirmDelete(@PathVariable UUID id, @RequestParam(defaultValue = "false") boolean purge,
      @RequestParam(defaultValue = "false") boolean plan, Model model) {
    model.addAttribute("page",
        confirm.delete(sites.get(new SiteId(id)), purge, plan, List.of(), phrasebook.here()));
    return "sites/confirm";
  }

  @GetMapping("/{id}/disable")
  @Requires(SITES_WRITE)
  String confirmDisable(@PathVariable UUID id, @RequestParam(defaultValue = "false") boolean plan, Model model) {
    model.addAttribute("page", confirm.disable(sites.get(new SiteId(id)), plan, phrasebook.here()));
    return "sites/confirm";
  }

  @PostMapping("/{id}/delete")
  @Requires(SITES_DELETE)
  String delete(@PathVariable UUID id, @RequestParam(defaultValue = "") String typedName,
      @RequestParam(defaultValue = "false") boolean purge, Caller caller, HtmxRequest htmx,
      HttpServletResponse response, Model model) {
    try {
      sites.delete(new SiteId(id), new DeleteSite(typedName, purge), caller.actor());
      return Go.to(htmx, "/sites/" + id);
    } catch (SiteRefused e) {
      response.setStatus(HttpStatus.UNPROCESSABLE_CONTENT.value());
      var words = phrasebook.here();
      model.addAttribute("page", confirm.delete(sites.get(new SiteId(id)), purge, true,
          List.of(words.say(e.messageKey())), words));
      return "sites/confirm";
    }
  }

  @PostMapping("/{id}/try-again")
  @Requires(SITES_WRITE)
  String tryAgain(@PathVariable UUID id, Caller caller, HtmxRequest htmx) {
    return turn(id, htmx, () -> sites.tryAgain(new SiteId(id), caller.actor()));
  }

  @PostMapping("/{id}/disable")
  @Requires(SITES_WRITE)
  String disable(@PathVariable UUID id, Caller caller, HtmxRequest htmx) {
    return turn(id, htmx, () -> sites.disable(new SiteId(id), caller.actor()));
  }

  @PostMapping("/{id}/enable")
  @Requires(SITES_WRITE)
  String enable(@PathVariable UUID id, Caller caller, HtmxRequest htmx) {
    return turn(id, htmx, () -> sites.enable(new SiteId(id), caller.actor()));
  }

  private static String turn(UUID id, HtmxRequest htmx, Runnable change) {
    try {
      change.run();
    } catch (SiteRefused _) {
      // somebody was quicker: the page shows how it is
    }
    return Go.to(htmx, "/sites/" + id);
  }
}
