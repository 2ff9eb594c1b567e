package io.chom.web.notifications;

import static io.chom.accounts.Permission.NOTIFICATIONS_READ;
import static io.chom.accounts.Permission.NOTIFICATIONS_WRITE;

import io.chom.accounts.Caller;
import io.chom.accounts.Requires;
import io.chom.common.RequestRefused;
import io.chom.notifications.ChannelId;
import io.chom.notifications.Channels;
import io.chom.notifications.DeliveryView;
import io.chom.web.support.Faults;
import io.chom.web.support.Go;
import io.chom.web.support.Phrasebook;
import io.chom.web.support.Toast;
import io.github.wimdeblauwe.htmx.spring.boot.mvc.HtmxRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** Where one is told what: the list, one channel with its form and what it told, and a test. */
@Controller
@RequestMapping("/notifications")
class ChannelsController {
  private final Channels channels;
  private final ChannelPages pages;
  private final Phrasebook phrasebook;

  ChannelsController(Channels channels, ChannelPages pages, Phrasebook phrasebook) {
    this.channels = channels;
    this.pages = pages;
    this.phrasebook = phrasebook;
  }

  @GetMapping
  @Requires(NOTIFICATIONS_READ)
  String list(Caller caller, Model model) {
    model.addAttribute("page", pages.list(caller, phrasebook.here()));
    return "notifications/list";
  }

  @GetMapping("/new")
  @Requires(NOTIFICATIONS_WRITE)
  String fresh(@RequestParam(defaultValue = "false") boolean shared, Caller caller, Model model) {
    var words = phrasebook.here();
    var form = ChannelForm.usual(shared, words.locale().getLanguage());
    model.addAttribute("page", pages.fresh(form, Faults.NONE, caller, words));
    return "notifications/channel";
  }

  /** A webhook's secret is in this one answer, which nobody keeps. */
  @PostMapping
  @Requires(NOTIFICATIONS_WRITE)
  String create(@ModelAttribute("form") ChannelForm form, Caller caller, HtmxRequest htmx,
      HttpServletResponse response, Model model) {
    try {
      var made = channels.create(form.toKind(), form.to(), form.forAll(), form.toWish(), caller);
      if (made.secret() == null) {
        return Go.to(htmx, ChannelPages.HERE + "/" + made.channel().id());
      }
      response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
      model.addAttribute("page", pages.page(made.channel(), null, Faults.NONE, made.secret(), null, caller,
          phrasebook.here()));
    } catch (RequestRefused e) {
      response.setStatus(HttpStatus.UNPROCESSABLE_CONTENT.value());
      model.addAttribute("page", pages.fresh(form, faults(e), caller, phrasebook.here()));
    }
    return "notifications/channel";
  }

  @GetMapping("/{id}")
  @Requires(NOTIFICATIONS_READ)
  String page(@PathVariable UUID id, @RequestParam @Nullable UUID before, Caller caller, Model model) {
    return show(new ChannelId(id), null, Faults.NONE, before, caller, model);
  }

  @PostMapping("/{id}")
  @Requires(NOTIFICATIONS_WRITE)
  String change(@PathVariable UUID id, @ModelAttribute("form") ChannelForm form, Caller caller,
      HttpServletResponse response, Model model) {
    var channel = new ChannelId(id);
    try {
      channels.change(channel, form.to(), form.toWish(), caller);
      model.addAttribute("toast", Toast.ok(phrasebook.here().say("notifications.saved")));
      return show(channel, null, Faults.NONE, null, caller, model);
    } catch (RequestRefused e) {
      response.setStatus(HttpStatus.UNPROCESSABLE_CONTENT.value());
      return show(channel, form, faults(e), null, caller, model);
    }
  }

  @PostMapping("/{id}/remove")
  @Requires(NOTIFICATIONS_WRITE)
  String remove(@PathVariable UUID id, Caller caller, HtmxRequest htmx, HttpServletResponse response, Model model) {
    try {
      channels.delete(new ChannelId(id), caller);
      return Go.to(htmx, ChannelPages.HERE);
    } catch (RequestRefused e) {
      response.setStatus(HttpStatus.UNPROCESSABLE_CONTENT.value());
      return show(new ChannelId(id), null, faults(e), null, caller, model);
    }
  }

  @PostMapping("/{id}/test")
  @Requires(NOTIFICATIONS_WRITE)
  String test(@PathVariable UUID id, Caller caller, HttpServletResponse response, Model model) {
    var channel = new ChannelId(id);
    try {
      var test = channels.test(channel, caller);
      var told = pages.told(test, phrasebook.here());
      model.addAttribute("toast",
          test.status() == DeliveryView.Status.FAILED ? Toast.bad(told) : Toast.ok(told));
    } catch (RequestRefused e) {
      response.setStatus(HttpStatus.UNPROCESSABLE_CONTENT.value());
      model.addAttribute("toast", Toast.warn(phrasebook.here().say(e.messageKey())));
    }
    return show(channel, null, Faults.NONE, null, caller, model);
  }

  private String show(ChannelId id, @Nullable ChannelForm form, Faults faults, @Nullable UUID before, Caller caller,
      Model model) {
    model.addAttribute("page",
        pages.page(channels.get(id, caller), form, faults, null, before, caller, phrasebook.here()));
    return "notifications/channel";
  }

  private Faults faults(RequestRefused e) {
    var field = switch (e.field()) {
      // a host is at fault in the address that names it
      case "host" -> "target";
      case "shared" -> "who";
      default -> e.field();
    };
    return Faults.at(field, phrasebook.here().say(e.messageKey()));
  }
}
