package io.chom.web.backups;

import static io.chom.accounts.Permission.BACKUPS_READ;
import static io.chom.accounts.Permission.BACKUPS_SCHEDULE;

import io.chom.accounts.Caller;
import io.chom.accounts.Requires;
import io.chom.backups.BackupSchedules;
import io.chom.backups.ScheduleId;
import io.chom.common.RequestRefused;
import io.chom.sites.SiteId;
import io.chom.sites.Sites;
import io.chom.web.support.Faults;
import io.chom.web.support.Go;
import io.chom.web.support.Phrasebook;
import io.github.wimdeblauwe.htmx.spring.boot.mvc.HtmxRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** When a site is backed up by itself: the page, its form, and what the form would come to. */
@Controller
@RequestMapping("/sites/{site}/schedules")
class SchedulesController {
  private final Sites sites;
  private final BackupSchedules schedules;
  private final SchedulePages pages;
  private final Phrasebook phrasebook;

  SchedulesController(Sites sites, BackupSchedules schedules, SchedulePages pages, Phrasebook phrasebook) {
    this.sites = sites;
    this.schedules = schedules;
    this.pages = pages;
    this.phrasebook = phrasebook;
  }

  @GetMapping
  @Requires(BACKUPS_READ)
  String page(@PathVariable UUID site, @RequestParam @Nullable UUID edit, Caller caller, Model model) {
    return show(new SiteId(site), edit == null ? null : new ScheduleId(edit), null, Faults.NONE, caller, model);
  }

  /** What a form would come to, while it is being filled in. */
  @PostMapping("/preview")
  @Requires(BACKUPS_SCHEDULE)
  String preview(@PathVariable UUID site, @ModelAttribute("form") ScheduleForm form, Caller caller, Model model) {
    var words = phrasebook.here();
    try {
      model.addAttribute("preview", pages.preview(sites.get(new SiteId(site)), form.toWish(), words));
      model.addAttribute("fault", null);
    } catch (RequestRefused e) {
      model.addAttribute("preview", null);
      model.addAttribute("fault", words.say(e.messageKey()));
    }
    return "backups/schedules :: preview";
  }

  @PostMapping
  @Requires(BACKUPS_SCHEDULE)
  String create(@PathVariable UUID site, @ModelAttribute("form") ScheduleForm form, Caller caller, HtmxRequest htmx,
      HttpServletResponse response, Model model) {
    var id = new SiteId(site);
    try {
      schedules.create(id, form.toWish(), form.on(), caller.actor());
      return Go.to(htmx, "/sites/" + site + "/schedules");
    } catch (RequestRefused e) {
      response.setStatus(HttpStatus.UNPROCESSABLE_CONTENT.value());
      return show(id, null, form, faults(e), caller, model);
    }
  }

  @PostMapping("/{schedule}")
  @Requires(BACKUPS_SCHEDULE)
  String change(@PathVariable UUID site, @PathVariable UUID schedule, @ModelAttribute("form") ScheduleForm form,
      Caller caller, HtmxRequest htmx, HttpServletResponse response, Model model) {
    var id = new SiteId(site);
    try {
      schedules.change(id, new ScheduleId(schedule), form.toWish(), form.on(), caller.actor());
      return Go.to(htmx, "/sites/" + site + "/schedules");
    } catch (RequestRefused e) {
      response.setStatus(HttpStatus.UNPROCESSABLE_CONTENT.value());
      return show(id, new ScheduleId(schedule), form, faults(e), caller, model);
    }
  }

  @PostMapping("/{schedule}/remove")
  @Requires(BACKUPS_SCHEDULE)
  String remove(@PathVariable UUID site, @PathVariable UUID schedule, Caller caller, HtmxRequest htmx) {
    schedules.delete(new SiteId(site), new ScheduleId(schedule), caller.actor());
    return Go.to(htmx, "/sites/" + site + "/schedules");
  }

  private Faults faults(RequestRefused e) {
    return Faults.at(e.field(), phrasebook.here().say(e.messageKey()));
  }

  private String show(SiteId id, @Nullable ScheduleId editing, @Nullable ScheduleForm form, Faults faults,
      Caller caller, Model model) {
    model.addAttribute("page", pages.page(sites.get(id), editing, form, faults, caller, phrasebook.here()));
    return "backups/schedules";
  }
}
