package io.chom.web.servers;

import static io.chom.accounts.Permission.FLEET_WRITE;

import io.chom.accounts.Caller;
import io.chom.accounts.Requires;
import io.chom.servers.EnrolmentId;
import io.chom.servers.EnrolmentRefused;
import io.chom.servers.Enrolments;
import io.chom.servers.ServerNotReached;
import io.chom.servers.Servers;
import io.chom.web.support.Faults;
import io.chom.web.support.Go;
import io.chom.web.support.Phrasebook;
import io.chom.web.support.Words;
import io.github.wimdeblauwe.htmx.spring.boot.mvc.HtmxRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.UUID;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** Takes a server into the fleet, in three steps: where it is, whether its key is the right one, and how it goes. */
@Controller
@RequestMapping("/servers/enrol")
@Requires(FLEET_WRITE)
class EnrolmentController {
  private final Enrolments enrolments;
  private final Servers servers;
  private final Phrasebook phrasebook;

  EnrolmentController(Enrolments enrolments, Servers servers, Phrasebook phrasebook) {
    this.enrolments = enrolments;
    this.servers = servers;
    this.phrasebook = phrasebook;
  }

  @GetMapping
  String address(@RequestParam(defaultValue = "") String host, @RequestParam(defaultValue = "22") String port,
      Model model) {
    return showAddress(new EnrolForm(host, port), Faults.NONE, model);
  }

  @PostMapping
  String scan(@ModelAttribute("form") EnrolForm form, Caller caller, HtmxRequest htmx,
      HttpServletResponse response, Model model) {
    try {
      var scanned = Fleet.inPlatform(() -> enrolments.scan(form.toRequest(), caller.actor()));
      return Go.to(htmx, "/servers/enrol/" + scanned.id());
    } catch (ServerNotReached e) {
      return refused(response, htmx, showAddress(form, unreachable(e), model));
    } catch (EnrolmentRefused e) {
      return refused(response, htmx, showAddress(form, faults(e), model));
    }
  }

  @GetMapping("/{id}")
  String key(@PathVariable UUID id, Model model) {
    return Fleet.inPlatform(() -> {
      var enrolment = enrolments.get(new EnrolmentId(id));
      return showKey(enrolment.id(),
          ApproveForm.empty(servers.nameAt(enrolment.host(), enrolment.port()).orElse(enrolment.host())), Faults.NONE,
          model);
    });
  }

  @PostMapping("/{id}")
  String approve(@PathVariable UUID id, @ModelAttribute("form") ApproveForm form,
      Caller caller, HtmxRequest htmx, HttpServletResponse response, Model model) {
    var enrolment = new EnrolmentId(id);
    var words = phrasebook.here();
    return Fleet.inPlatform(() -> {
      if (!form.approved()) {
        return refused(response, htmx,
            showKey(enrolment, form, Faults.at("approved", words.say("enrol.approve.missing")), model));
      }
      try {
        var server = enrolments.approve(enrolment, form.comparedFingerprint(), form.toLogin(), form.serverName(),
            caller.actor());
        return Go.to(htmx, "/servers/" + server);
      } catch (EnrolmentRefused e) {
        return refused(response, htmx, showKey(enrolment, form, faults(e), model));
      }
    });
  }

  private Faults unreachable(ServerNotReached e) {
    Words words = phrasebook.here();
    String key = "server.trouble." + e.layer();
    return Faults.at("host", words.say(key) + ". " + words.say(key + ".advice"));
  }

  private Faults faults(EnrolmentRefused e) {
    String sentence = phrasebook.here().refusal("enrol.refused.", e);
    return switch (e.code()) {
      case "INVALID_HOST" -> Faults.at("host", sentence);
      case "INVALID_PORT" -> Faults.at("port", sentence);
      case "INVALID_LOGIN_USER" -> Faults.at("login", sentence);
      case "INVALID_LOGIN" -> Faults.at("password", sentence);
      case "INVALID_SERVER_NAME", "SERVER_NAME_TAKEN", "SERVER_NAME_DIFFERS" -> Faults.at("name", sentence);
      default -> Faults.general(sentence);
    };
  }

  private static String refused(HttpServletResponse response, HtmxRequest htmx, String view) {
    response.setStatus(HttpStatus.UNPROCESSABLE_CONTENT.value());
    return htmx.isHtmxRequest() ? view + " :: form" : view;
  }

  private static String showAddress(EnrolForm form, Faults faults, Model model) {
    model.addAttribute("form", form);
    model.addAttribute("faults", faults);
    return "servers/enrol";
  }

  private String showKey(EnrolmentId id, ApproveForm form, Faults faults, Model model) {
    var enrolment = enrolments.get(id);
    model.addAttribute("page",
        new ApprovePage("/servers/enrol/" + id, ServerRows.address(enrolment.host(), enrolment.port()),
            enrolment.algorithm(), enrolment.fingerprint()));
    model.addAttribute("form", form);
    model.addAttribute("faults", faults);
    return "servers/approve";
  }
}
