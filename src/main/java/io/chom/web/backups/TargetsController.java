package io.chom.web.backups;

import static io.chom.accounts.Permission.BACKUPS_DELETE;
import static io.chom.accounts.Permission.BACKUPS_READ;
import static io.chom.accounts.Permission.BACKUPS_SCHEDULE;

import io.chom.accounts.Caller;
import io.chom.accounts.Requires;
import io.chom.backups.TargetCheckFailed;
import io.chom.backups.TargetId;
import io.chom.backups.TargetKind;
import io.chom.backups.TargetRefused;
import io.chom.backups.TargetView;
import io.chom.backups.Targets;
import io.chom.common.ChomException;
import io.chom.common.RequestRefused;
import io.chom.servers.ServerNotReached;
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

/** Where backups go: the list, the form to add a place, and the page of each. */
@Controller
@RequestMapping(TargetPages.HERE)
class TargetsController {
  private final Targets targets;
  private final TargetPages pages;
  private final Phrasebook phrasebook;

  TargetsController(Targets targets, TargetPages pages, Phrasebook phrasebook) {
    this.targets = targets;
    this.pages = pages;
    this.phrasebook = phrasebook;
  }

  @GetMapping
  @Requires(BACKUPS_READ)
  String list(Caller caller, Model model) {
    return overview(Faults.NONE, caller, model);
  }

  @GetMapping("/new")
  @Requires(BACKUPS_SCHEDULE)
  String add(@RequestParam(defaultValue = "sftp") String kind, Caller caller, Model model) {
    try {
      var chosen = TargetKind.of(kind);
      return form(chosen, TargetForm.empty(chosen), Faults.NONE, caller, model);
    } catch (TargetRefused _) {
      return form(TargetKind.SFTP, TargetForm.empty(TargetKind.SFTP), Faults.NONE, caller, model);
    }
  }

  @PostMapping
  @Requires(BACKUPS_SCHEDULE)
  String create(@ModelAttribute("form") TargetForm form, Caller caller, HtmxRequest htmx,
      HttpServletResponse response, Model model) {
    try {
      var made = targets.create(form.toTarget(), form.from(), caller.actor());
      return Go.to(htmx, TargetPages.HERE + "/" + made.target().id());
    } catch (RequestRefused | TargetCheckFailed | ServerNotReached e) {
      response.setStatus(status(e).value());
      return form(kind(form), form, faults(e), caller, model);
    }
  }

  private static TargetKind kind(TargetForm form) {
    try {
      return TargetKind.of(String.valueOf(form.kind()));
    } catch (TargetRefused _) {
      return TargetKind.SFTP;
    }
  }

  @GetMapping("/{id}")
  @Requires(BACKUPS_READ)
  String detail(@PathVariable UUID id, Caller caller, Model model) {
    return show(targets.get(new TargetId(id)), null, Faults.NONE, caller, model);
  }

  @PostMapping("/{id}/check")
  @Requires(BACKUPS_SCHEDULE)
  String check(@PathVariable UUID id, @RequestParam(defaultValue = "") String fingerprint, Caller caller,
      HtmxRequest htmx, HttpServletResponse response, Model model) {
    return change(id, null, caller, htmx, response, model, () -> targets.check(new TargetId(id), null,
        fingerprint.isBlank() ? null : fingerprint, caller.actor()));
  }

  @PostMapping("/{id}")
  @Requires(BACKUPS_SCHEDULE)
  String change(@PathVariable UUID id, @ModelAttribute("form") TargetForm form, Caller caller, HtmxRequest htmx,
      HttpServletResponse response, Model model) {
    return change(id, form, caller, htmx, response, model,
        () -> targets.change(new TargetId(id), form.toChange(), caller.actor()));
  }

  @PostMapping("/{id}/default")
  @Requires(BACKUPS_SCHEDULE)
  String makeDefault(@PathVariable UUID id, Caller caller, HtmxRequest htmx, HttpServletResponse response,
      Model model) {
    try {
      targets.makeDefault(new TargetId(id), caller.actor());
      return Go.to(htmx, TargetPages.HERE);
    } catch (TargetRefused e) {
      response.setStatus(HttpStatus.UNPROCESSABLE_CONTENT.value());
      return overview(Faults.general(phrasebook.here().say(e.messageKey())), caller, model);
    }
  }

  @PostMapping("/{id}/remove")
  @Requires(BACKUPS_SCHEDULE)
  String remove(@PathVariable UUID id, @RequestParam(defaultValue = "") String typedName, Caller caller,
      HtmxRequest htmx, HttpServletResponse response, Model model) {
    try {
      return targets.remove(new TargetId(id), typedName, caller.actor())
          .map(operation -> Go.to(htmx, "/operations/" + operation.id()))
          .orElseGet(() -> Go.to(htmx, TargetPages.HERE));
    } catch (TargetRefused e) {
      response.setStatus(HttpStatus.UNPROCESSABLE_CONTENT.value());
      return show(targets.get(new TargetId(id)), null,
          Faults.at("typedName", phrasebook.here().say(e.messageKey())), caller, model);
    }
  }

  @GetMapping("/{id}/forget")
  @Requires(BACKUPS_DELETE)
  String confirmForget(@PathVariable UUID id, Caller caller, Model model) {
    return ask(new TargetId(id), Faults.NONE, caller, model);
  }

  @PostMapping("/{id}/forget")
  @Requires(BACKUPS_DELETE)
  String forget(@PathVariable UUID id, @RequestParam(defaultValue = "") String typedName, Caller caller,
      HtmxRequest htmx, HttpServletResponse response, Model model) {
    caller.mustHold(BACKUPS_SCHEDULE.scope());
    try {
      return targets.forget(new TargetId(id), typedName, caller.actor()).operation()
          .map(operation -> Go.to(htmx, "/operations/" + operation.id()))
          .orElseGet(() -> Go.to(htmx, TargetPages.HERE));
    } catch (TargetRefused e) {
      response.setStatus(HttpStatus.UNPROCESSABLE_CONTENT.value());
      return ask(new TargetId(id), Faults.at("typedName", phrasebook.here().say(e.messageKey())), caller, model);
    }
  }

  private String ask(TargetId id, Faults faults, Caller caller, Model model) {
    model.addAttribute("page", pages.forget(targets.get(id), targets.loss(id), faults, phrasebook.here()));
    return "backups/forget";
  }

  private String change(UUID id, @Nullable TargetForm form, Caller caller, HtmxRequest htmx,
      HttpServletResponse response, Model model, Runnable change) {
    try {
      change.run();
      return Go.to(htmx, TargetPages.HERE + "/" + id);
    } catch (RequestRefused | TargetCheckFailed | ServerNotReached e) {
      response.setStatus(status(e).value());
      return show(targets.get(new TargetId(id)), form, faults(e), caller, model);
    }
  }

  private static HttpStatus status(ChomException e) {
    return e instanceof ServerNotReached ? HttpStatus.BAD_GATEWAY : HttpStatus.UNPROCESSABLE_CONTENT;
  }

  private Faults faults(ChomException e) {
    var words = phrasebook.here();
    return switch (e) {
      case RequestRefused refused -> {
        // the guard speaks of a host, which is part of what was typed here
        var field = refused.field().equals("host") ? "location" : refused.field();
        yield Faults.at(field, words.say(refused.messageKey()));
      }
      case ServerNotReached _ -> Faults.general(words.say("target.server-away"));
      default -> Faults.general(words.say("target.not-reached", String.valueOf(e.getMessage())));
    };
  }

  private String overview(Faults faults, Caller caller, Model model) {
    model.addAttribute("faults", faults);
    model.addAttribute("page", pages.overview(caller, phrasebook.here()));
    return "backups/targets";
  }

  private String form(TargetKind kind, TargetForm form, Faults faults, Caller caller, Model model) {
    model.addAttribute("page", pages.add(kind, form, faults, caller, phrasebook.here()));
    return "backups/target-add";
  }

  private String show(TargetView target, @Nullable TargetForm form, Faults faults, Caller caller, Model model) {
    model.addAttribute("mayChange", target.mine() && caller.can(BACKUPS_SCHEDULE));
    model.addAttribute("mayForget", caller.can(BACKUPS_DELETE));
    model.addAttribute("page", pages.detail(target, form, faults, caller, phrasebook.here()));
    return "backups/target";
  }
}
