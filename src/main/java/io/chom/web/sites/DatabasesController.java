package io.chom.web.sites;

import static io.chom.accounts.Permission.SITES_DELETE;
import static io.chom.accounts.Permission.SITES_READ;
import static io.chom.accounts.Permission.SITES_WRITE;

import io.chom.accounts.Caller;
import io.chom.accounts.Requires;
import io.chom.sites.DatabaseId;
import io.chom.sites.DatabaseRefused;
import io.chom.sites.DatabaseView;
import io.chom.sites.Databases;
import io.chom.sites.SiteId;
import io.chom.sites.Sites;
import io.chom.web.sites.DatabaseCards.Typed;
import io.chom.web.support.Go;
import io.chom.web.support.Phrasebook;
import io.github.wimdeblauwe.htmx.spring.boot.mvc.HtmxRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** The databases of one site: a part of its page, and the forms there. */
@Controller
@RequestMapping("/sites/{site}/databases")
class DatabasesController {
  private final Sites sites;
  private final Databases databases;
  private final DatabaseCards cards;
  private final BackupCards backups;
  private final SitePages pages;
  private final Phrasebook phrasebook;

  DatabasesController(Sites sites, Databases databases, DatabaseCards cards, BackupCards backups, SitePages pages,
      Phrasebook phrasebook) {
    this.sites = sites;
    this.databases = databases;
    this.cards = cards;
    this.backups = backups;
    this.pages = pages;
    this.phrasebook = phrasebook;
  }

  @GetMapping
  @Requires(SITES_READ)
  String card(@PathVariable UUID site, Caller caller, HtmxRequest htmx, Model model) {
    return show(new SiteId(site), caller, Typed.NOTHING, null, htmx, model);
  }

  @PostMapping
  @Requires(SITES_WRITE)
  String create(@PathVariable UUID site, @RequestParam(defaultValue = "") String name,
      @RequestParam @Nullable String requestKey, Caller caller, HtmxRequest htmx, HttpServletResponse response,
      Model model) {
    var id = new SiteId(site);
    try {
      databases.create(id, name.strip(), requestKey == null ? null : caller.counted() + ":" + requestKey,
          caller.actor());
      return done(id, caller, htmx, model);
    } catch (DatabaseRefused e) {
      return refused(id, null, name, e, caller, htmx, response, model);
    }
  }

  @PostMapping("/{database}/new-password")
  @Requires(SITES_WRITE)
  String renew(@PathVariable UUID site, @PathVariable UUID database, Caller caller, HtmxRequest htmx, Model model) {
    var id = new SiteId(site);
    try {
      databases.renewPassword(id, new DatabaseId(database), caller.actor());
    } catch (DatabaseRefused _) {
      // somebody was quicker: the list shows how it is
    }
    return done(id, caller, htmx, model);
  }

  /** Not an address one can be led to or go back to: the password is in this one answer. */
  @PostMapping("/{database}/password")
  @Requires(SITES_WRITE)
  String password(@PathVariable UUID site, @PathVariable UUID database, Caller caller, HtmxRequest htmx,
      HttpServletResponse response, Model model) {
    var id = new SiteId(site);
    response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
    try {
      var view = databases.get(id, new DatabaseId(database));
      var password = databases.showPassword(id, view.id(), caller.user().userId(), caller.actor());
      return show(id, caller, Typed.NOTHING, new DatabaseCard.Shown(view.database(), DatabaseView.HOST, password),
          htmx, model);
    } catch (DatabaseRefused e) {
      return refused(id, new DatabaseId(database), "", e, caller, htmx, response, model);
    }
  }

  @PostMapping("/{database}/drop")
  @Requires(SITES_DELETE)
  String drop(@PathVariable UUID site, @PathVariable UUID database, @RequestParam(defaultValue = "") String typedName,
      @RequestParam(defaultValue = "false") boolean purge, Caller caller, HtmxRequest htmx,
      HttpServletResponse response, Model model) {
    var id = new SiteId(site);
    try {
      databases.drop(id, new DatabaseId(database), typedName, purge, caller.actor());
      return done(id, caller, htmx, model);
    } catch (DatabaseRefused e) {
      return refused(id, new DatabaseId(database), typedName, e, caller, htmx, response, model);
    }
  }

  private String done(SiteId site, Caller caller, HtmxRequest htmx, Model model) {
    return htmx.isHtmxRequest()
        ? show(site, caller, Typed.NOTHING, null, htmx, model)
        : Go.to(htmx, "/sites/" + site + "#databases");
  }

  private String refused(SiteId site, @Nullable DatabaseId database, String typed, DatabaseRefused why, Caller caller,
      HtmxRequest htmx, HttpServletResponse response, Model model) {
    response.setStatus(HttpStatus.UNPROCESSABLE_CONTENT.value());
    var sentence = phrasebook.here().say(why.messageKey(), DatabaseRefused.MOST);
    return show(site, caller, new Typed(database, typed, List.of(sentence)), null, htmx, model);
  }

  private String show(SiteId id, Caller caller, Typed typed, DatabaseCard.@Nullable Shown shown, HtmxRequest htmx,
      Model model) {
    var site = sites.get(id);
    var words = phrasebook.here();
    var card = cards.card(site, caller, typed, shown, words);
    model.addAttribute("databases", card);
    if (htmx.isHtmxRequest()) {
      model.addAttribute("card", card);
      return "sites/databases :: card";
    }
    model.addAttribute("page", pages.page(site, caller, words));
    model.addAttribute("backups", backups.card(site, caller, words));
    return "sites/detail";
  }
}
