package io.chom.web.sites;

import static io.chom.accounts.Permission.SITES_WRITE;

import io.chom.accounts.Caller;
import io.chom.accounts.Requires;
import io.chom.billing.PlanLimitReached;
import io.chom.common.Uuid7;
import io.chom.servers.NoServerAvailable;
import io.chom.sites.DomainName;
import io.chom.sites.SiteRefused;
import io.chom.sites.Sites;
import io.chom.web.support.Faults;
import io.chom.web.support.Go;
import io.chom.web.support.Phrasebook;
import io.github.wimdeblauwe.htmx.spring.boot.mvc.HtmxRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** How a site comes to be. */
@Controller
@RequestMapping("/sites")
class CreateSiteController {
  private final Sites sites;
  private final Phrasebook phrasebook;

  CreateSiteController(Sites sites, Phrasebook phrasebook) {
    this.sites = sites;
    this.phrasebook = phrasebook;
  }

  @GetMapping("/new")
  @Requires(SITES_WRITE)
  String form(Caller caller, Model model) {
    return show(new CreateSiteForm("", "php", Uuid7.next().toString()), Faults.NONE, model);
  }

  /** Looks at a domain while it is being typed. One that is taken is not available, whoever has it. */
  @GetMapping("/new/domain")
  @Requires(SITES_WRITE)
  String look(@RequestParam(defaultValue = "") String domain, Caller caller, Model model) {
    var words = phrasebook.here();
    model.addAttribute("name", "domain");
    try {
      var parsed = DomainName.parse(domain);
      model.addAttribute("hint", words.say("sites.domain.good", parsed));
      model.addAttribute("faults",
          sites.available(parsed) ? List.of() : List.of(words.say("site.refused.domain-not-available")));
    } catch (SiteRefused e) {
      model.addAttribute("faults", List.of(words.say(e.messageKey())));
    }
    return "components/field :: help";
  }

  @PostMapping
  @Requires(SITES_WRITE)
  String create(@ModelAttribute("form") CreateSiteForm form, Caller caller, HtmxRequest htmx,
      HttpServletResponse response, Model model) {
    try {
      return Go.to(htmx, "/sites/" + sites.create(form.toCommand(), caller.actor()).site());
    } catch (SiteRefused | PlanLimitReached | NoServerAvailable e) {
      response.setStatus(HttpStatus.UNPROCESSABLE_CONTENT.value());
      return show(fresh(form, e), faults(e), model) + (htmx.isHtmxRequest() ? " :: form" : "");
    }
  }

  /** Whoever goes back to a form that made a site, and changes it, may mean a second one: it takes another press. */
  private static CreateSiteForm fresh(CreateSiteForm form, RuntimeException refusal) {
    return madeAnother(refusal) ? new CreateSiteForm(form.domain(), form.type(), Uuid7.next().toString()) : form;
  }

  private static boolean madeAnother(RuntimeException refusal) {
    return refusal instanceof SiteRefused refused && refused.reason() == SiteRefused.Reason.IDEMPOTENCY_KEY_REUSED;
  }

  private Faults faults(RuntimeException refusal) {
    var words = phrasebook.here();
    return switch (refusal) {
      case SiteRefused e when madeAnother(e) -> Faults.general(words.say(e.messageKey()));
      case SiteRefused e -> Faults.at(e.field(), words.say(e.messageKey()));
      case PlanLimitReached e -> Faults.general(words.say("sites.limit", e.limit()));
      default -> Faults.general(words.say("sites.no-server"));
    };
  }

  private static String show(CreateSiteForm form, Faults faults, Model model) {
    model.addAttribute("form", form);
    model.addAttribute("faults", faults);
    return "sites/create";
  }
}
