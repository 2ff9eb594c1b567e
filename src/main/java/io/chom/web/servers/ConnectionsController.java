package io.chom.web.servers;

import static io.chom.accounts.Permission.FLEET_READ;

import io.chom.accounts.Requires;
import io.chom.web.support.Phrasebook;
import io.github.wimdeblauwe.htmx.spring.boot.mvc.HxRequest;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;

/** How this process reaches the servers, for operators. */
@Controller
@RequestMapping("/servers/ssh")
@Requires(FLEET_READ)
class ConnectionsController {
  private final ConnectionPages pages;
  private final Phrasebook phrasebook;

  ConnectionsController(ConnectionPages pages, Phrasebook phrasebook) {
    this.pages = pages;
    this.phrasebook = phrasebook;
  }

  @GetMapping
  String page(Model model) {
    model.addAttribute("page", Fleet.inPlatform(() -> pages.page(phrasebook.here())));
    return "servers/ssh";
  }

  @HxRequest
  @GetMapping
  String figures(Model model) {
    return page(model) + " :: now";
  }
}
