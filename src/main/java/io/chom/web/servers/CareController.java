package io.chom.web.servers;

import static io.chom.accounts.Permission.FLEET_WRITE;

import io.chom.accounts.Caller;
import io.chom.accounts.Requires;
import io.chom.servers.AgentUpgrades;
import io.chom.servers.Decommissioning;
import io.chom.servers.Drift;
import io.chom.servers.KeyRotation;
import io.chom.servers.Maintenance;
import io.chom.servers.ServerId;
import io.chom.servers.ServerRefused;
import io.chom.servers.Servers;
import io.chom.web.support.Phrasebook;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** What operators do about a server itself. Each form leads back to its page, or shows there why not. */
@Controller
@RequestMapping("/servers")
@Requires(FLEET_WRITE)
class CareController {
  private final Servers servers;
  private final Maintenance maintenance;
  private final Decommissioning decommissioning;
  private final KeyRotation keys;
  private final AgentUpgrades upgrades;
  private final Drift drift;
  private final ServerPages pages;
  private final Phrasebook phrasebook;

  CareController(Servers servers, Maintenance maintenance, Decommissioning decommissioning, KeyRotation keys,
      AgentUpgrades upgrades, Drift drift, ServerPages pages, Phrasebook phrasebook) {
    this.servers = servers;
    this.maintenance = maintenance;
    this.decommissioning = decommissioning;
    this.keys = keys;
    this.upgrades = upgrades;
    this.drift = drift;
    this.pages = pages;
    this.phrasebook = phrasebook;
  }

  @PostMapping("/{id}/maintenance")
  String maintain(@PathVariable UUID id, @RequestParam(defaultValue = "") String reason,
      @RequestParam(defaultValue = "") String until, Caller caller, HttpServletResponse response, Model model) {
    return done(id, response, model,
        server -> maintenance.begin(server, reason, instant(until), caller.actor()));
  }

  @PostMapping("/{id}/maintenance/end")
  String endMaintenance(@PathVariable UUID id, Caller caller, HttpServletResponse response, Model model) {
    return done(id, response, model, server -> maintenance.end(server, caller.actor()));
  }

  @PostMapping("/{id}/rotate-key")
  String rotateKey(@PathVariable UUID id, Caller caller, HttpServletResponse response, Model model) {
    return done(id, response, model, server -> keys.request(server, caller.actor()));
  }

  @PostMapping("/{id}/upgrade")
  String upgrade(@PathVariable UUID id, Caller caller, HttpServletResponse response, Model model) {
    return done(id, response, model, server -> upgrades.request(server, caller.actor()));
  }

  @PostMapping("/upgrade")
  String upgradeAll(Caller caller) {
    return Fleet.inPlatform(() -> {
      try {
        return "redirect:/operations/" + upgrades.requestAll(caller.actor()).id();
      } catch (ServerRefused _) {
        // somebody was quicker: the list shows how it goes
        return "redirect:/servers";
      }
    });
  }

  @PostMapping("/{id}/drift")
  String compare(@PathVariable UUID id, Caller caller, HttpServletResponse response, Model model) {
    return done(id, response, model, server -> drift.compareSoon(server, caller.actor()));
  }

  @PostMapping("/{id}/decommission")
  String decommission(@PathVariable UUID id, @RequestParam(defaultValue = "") String typedName,
      @RequestParam(defaultValue = "false") boolean gone, @RequestParam(defaultValue = "false") boolean removeAgent,
      Caller caller, HttpServletResponse response, Model model) {
    return done(id, response, model,
        server -> decommissioning.request(server, typedName, gone, removeAgent, caller.actor()));
  }

  private interface Work {
    void on(ServerId server);
  }

  private String done(UUID id, HttpServletResponse response, Model model, Work work) {
    var server = new ServerId(id);
    return Fleet.inPlatform(() -> {
      try {
        work.on(server);
        return "redirect:/servers/" + id;
      } catch (ServerRefused e) {
        var words = phrasebook.here();
        response.setStatus(HttpStatus.UNPROCESSABLE_CONTENT.value());
        model.addAttribute("page", pages.page(servers.get(server), List.of(),
            List.of(words.refusal("server.refused.", e)), words));
        return "servers/detail";
      }
    });
  }

  /** The browser's form of a time, which is the server's: UTC. */
  private static @Nullable Instant instant(String text) {
    if (text.isBlank()) {
      return null;
    }
    try {
      return LocalDateTime.parse(text.strip()).toInstant(ZoneOffset.UTC);
    } catch (DateTimeParseException _) {
      throw new ServerRefused("MAINTENANCE_UNTIL_INVALID", "Enter a date and a time, such as 2027-03-01T06:00.");
    }
  }
}
