package io.chom.web.servers;

import static io.chom.accounts.Permission.FLEET_READ;
import static io.chom.accounts.Permission.FLEET_WRITE;

import io.chom.accounts.Caller;
import io.chom.accounts.Requires;
import io.chom.servers.ServerId;
import io.chom.servers.ServerRefused;
import io.chom.servers.ServerStatus;
import io.chom.servers.Servers;
import io.chom.web.support.Phrasebook;
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

/** The fleet, for operators. */
@Controller
@RequestMapping("/servers")
@Requires(FLEET_READ)
class ServersController {
  private final Servers servers;
  private final ServerPages pages;
  private final Phrasebook phrasebook;

  ServersController(Servers servers, ServerPages pages, Phrasebook phrasebook) {
    this.servers = servers;
    this.pages = pages;
    this.phrasebook = phrasebook;
  }

  @GetMapping
  String list(@RequestParam @Nullable String q, @RequestParam @Nullable ServerStatus status,
      @RequestParam @Nullable UUID before, Model model) {
    model.addAttribute("page", Fleet.inPlatform(() -> pages.list(q, status, before, phrasebook.here())));
    return "servers/list";
  }

  @HxRequest
  @GetMapping
  String table(@RequestParam @Nullable String q, @RequestParam @Nullable ServerStatus status,
      @RequestParam @Nullable UUID before, Model model) {
    return list(q, status, before, model) + " :: table";
  }

  @GetMapping("/{id}")
  String detail(@PathVariable UUID id, Model model) {
    return show(new ServerId(id), List.of(), model);
  }

  @PostMapping("/{id}/host-key")
  @Requires(FLEET_WRITE)
  String approveHostKey(@PathVariable UUID id, @RequestParam(defaultValue = "") String fingerprint,
      @RequestParam(defaultValue = "") String typedName, Caller caller,
      HttpServletResponse response, Model model) {
    var server = new ServerId(id);
    var words = phrasebook.here();
    try {
      boolean confirmed = Fleet.inPlatform(() -> {
        if (!servers.get(server).name().equals(typedName.strip())) {
          return false;
        }
        servers.approveHostKey(server, fingerprint, caller.actor());
        return true;
      });
      if (confirmed) {
        return "redirect:/servers/" + id;
      }
      response.setStatus(HttpStatus.UNPROCESSABLE_CONTENT.value());
      return show(server, List.of(words.say("server.refused.name-does-not-match")), model);
    } catch (ServerRefused e) {
      response.setStatus(HttpStatus.UNPROCESSABLE_CONTENT.value());
      return show(server, List.of(words.refusal("server.refused.", e)), model);
    }
  }

  @PostMapping("/{id}/prepare")
  @Requires(FLEET_WRITE)
  String prepare(@PathVariable UUID id, Caller caller) {
    Fleet.inPlatform(() -> {
      try {
        servers.prepare(new ServerId(id), caller.actor());
      } catch (ServerRefused _) {
        // somebody was quicker: the page shows how it goes
      }
      return true;
    });
    return "redirect:/servers/" + id;
  }

  private String show(ServerId id, List<String> faults, Model model) {
    model.addAttribute("page",
        Fleet.inPlatform(() -> pages.page(servers.get(id), faults, phrasebook.here())));
    return "servers/detail";
  }
}
