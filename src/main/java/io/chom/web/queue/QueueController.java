package io.chom.web.queue;

import static io.chom.accounts.Permission.FLEET_READ;
import static io.chom.accounts.Permission.FLEET_WRITE;

import io.chom.accounts.Caller;
import io.chom.accounts.Requires;
import io.chom.common.ChomException;
import io.chom.operations.Queue;
import io.chom.operations.QueueRefused;
import io.chom.operations.QueueScope;
import io.chom.operations.WorkerNotFound;
import io.chom.web.support.Go;
import io.chom.web.support.Phrasebook;
import io.github.wimdeblauwe.htmx.spring.boot.mvc.HtmxRequest;
import io.github.wimdeblauwe.htmx.spring.boot.mvc.HxRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.List;
import java.util.UUID;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** Everybody's queue, for operators. */
@Controller
@RequestMapping("/queue")
@Requires(FLEET_READ)
class QueueController {
  private final Queue queue;
  private final QueuePages pages;
  private final Phrasebook phrasebook;

  QueueController(Queue queue, QueuePages pages, Phrasebook phrasebook) {
    this.queue = queue;
    this.pages = pages;
    this.phrasebook = phrasebook;
  }

  @GetMapping
  String page(Caller caller, Model model) {
    return show(caller, List.of(), model);
  }

  @HxRequest
  @GetMapping
  String now(Caller caller, Model model) {
    return page(caller, model) + " :: now";
  }

  @PostMapping("/pause")
  @Requires(FLEET_WRITE)
  String pause(@RequestParam(defaultValue = "") String scope, @RequestParam(defaultValue = "") String reason,
      Caller caller, HtmxRequest htmx, HttpServletResponse response, Model model) {
    try {
      queue.pause(new QueueScope(scope), reason, caller.actor());
      return Go.to(htmx, "/queue");
    } catch (QueueRefused e) {
      return refused(e, caller, response, model);
    }
  }

  @PostMapping("/resume")
  @Requires(FLEET_WRITE)
  String resume(@RequestParam(defaultValue = "") String scope, Caller caller, HtmxRequest htmx,
      HttpServletResponse response, Model model) {
    try {
      queue.resume(new QueueScope(scope), caller.actor());
      return Go.to(htmx, "/queue");
    } catch (QueueRefused e) {
      return refused(e, caller, response, model);
    }
  }

  @PostMapping("/nodes/{node}/drain")
  @Requires(FLEET_WRITE)
  String drain(@PathVariable UUID node, Caller caller, HtmxRequest htmx) {
    return turn(htmx, () -> queue.drain(node.toString(), caller.actor()));
  }

  @PostMapping("/nodes/{node}/undrain")
  @Requires(FLEET_WRITE)
  String undrain(@PathVariable UUID node, Caller caller, HtmxRequest htmx) {
    return turn(htmx, () -> queue.undrain(node.toString(), caller.actor()));
  }

  private static String turn(HtmxRequest htmx, Runnable change) {
    try {
      change.run();
    } catch (WorkerNotFound _) {
      // it has stopped meanwhile: the page shows which are left
    }
    return Go.to(htmx, "/queue");
  }

  private String refused(ChomException e, Caller caller, HttpServletResponse response, Model model) {
    response.setStatus(HttpStatus.UNPROCESSABLE_CONTENT.value());
    return show(caller, List.of(phrasebook.here().refusal("queue.refused.", e)), model);
  }

  private String show(Caller caller, List<String> faults, Model model) {
    model.addAttribute("page", pages.page(queue.now(caller.user().userId()), caller, faults, phrasebook.here()));
    return "queue/page";
  }
}
