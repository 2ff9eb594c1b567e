package io.chom.web.sites;

import static io.chom.accounts.Permission.SITES_WRITE;

import io.chom.accounts.Caller;
import io.chom.accounts.Requires;
import io.chom.sites.Certificates;
import io.chom.sites.SiteId;
import io.chom.sites.SiteRefused;
import io.chom.sites.Sites;
import io.chom.web.support.Go;
import io.chom.web.support.Phrasebook;
import io.github.wimdeblauwe.htmx.spring.boot.mvc.HtmxRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.List;
import java.util.UUID;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;

/** How a site gets its certificate. */
@Controller
class CertificateController {
  private final Certificates certificates;
  private final Sites sites;
  private final SitePages pages;
  private final DatabaseCards databases;
  private final BackupCards backups;
  private final Phrasebook phrasebook;

  CertificateController(Certificates certificates, Sites sites, SitePages pages, DatabaseCards databases,
      BackupCards backups, Phrasebook phrasebook) {
    this.certificates = certificates;
    this.sites = sites;
    this.pages = pages;
    this.databases = databases;
    this.backups = backups;
    this.phrasebook = phrasebook;
  }

  @PostMapping("/sites/{id}/certificate")
  @Requires(SITES_WRITE)
  String ask(@PathVariable UUID id, Caller caller, HtmxRequest htmx, HttpServletResponse response, Model model) {
    var site = new SiteId(id);
    try {
      certificates.ask(site, caller.actor());
      return Go.to(htmx, "/sites/" + id);
    } catch (SiteRefused e) {
      response.setStatus(HttpStatus.UNPROCESSABLE_CONTENT.value());
      var words = phrasebook.here();
      var view = sites.get(site);
      model.addAttribute("page", pages.page(view, caller, List.of(words.say(e.messageKey())), words));
      model.addAttribute("databases", databases.card(view, caller, words));
      model.addAttribute("backups", backups.card(view, caller, words));
      return "sites/detail";
    }
  }
}
