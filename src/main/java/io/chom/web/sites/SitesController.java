package io.chom.web.sites;

import static io.chom.accounts.Permission.SITES_DELETE;
import static io.chom.accounts.Permission.SITES_READ;
import static io.chom.accounts.Permission.SITES_WRITE;

import io.chom.accounts.Caller;
import io.chom.accounts.Requires;
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
  private final DatabaseCards databases;
  private final Phrasebook phrasebook;

  SitesController(Sites sites, SitePages pages, DatabaseCards databases, Phrasebook phrasebook) {
    this.sites = sites;
    this.pages = pages;
    this.databases = databases;
    this.phrasebook = phrasebook;
  }

  @GetMapping
  @Requires(SITES_READ)
  String list(@RequestParam @Nullable String q, @RequestParam @Nullable SiteStatus status,
      @RequestParam @Nullable UUID before, Caller caller, Model model) {
    model.addAttribute("page", pages.list(q, status, before, caller.can(SITES_WRITE), phrasebook.here()));
    return "sites/list";
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
    show(new SiteId(id), caller, false, List.of(), model);
    return "sites/detail";
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
      show(new SiteId(id), caller, purge, List.of(phrasebook.here().say(e.messageKey())), model);
      return htmx.isHtmxRequest() ? "sites/detail :: deletion" : "sites/detail";
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

  private void show(SiteId id, Caller caller, boolean purge, List<String> faults, Model model) {
    var site = sites.get(id);
    model.addAttribute("page", pages.page(site, caller, purge, faults, phrasebook.here()));
    model.addAttribute("databases", databases.card(site, caller, phrasebook.here()));
  }
}
