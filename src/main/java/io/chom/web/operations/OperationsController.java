package io.chom.web.operations;

import static io.chom.accounts.Permission.FLEET_READ;
import static io.chom.accounts.Permission.FLEET_WRITE;
import static io.chom.accounts.Permission.OPERATIONS_READ;
import static io.chom.accounts.Permission.OPERATIONS_WRITE;
import static io.chom.accounts.Permission.SITES_WRITE;

import io.chom.accounts.Caller;
import io.chom.accounts.Requires;
import io.chom.backups.BackupRefused;
import io.chom.billing.PlanLimitReached;
import io.chom.operations.Cancellation;
import io.chom.operations.OperationId;
import io.chom.operations.OperationNotCancellable;
import io.chom.operations.OperationNotFound;
import io.chom.operations.OperationNotRepeatable;
import io.chom.operations.OperationStatus;
import io.chom.operations.Operations;
import io.chom.operations.Retries;
import io.chom.operations.Topics;
import io.chom.servers.NoServerAvailable;
import io.chom.servers.ServerRefused;
import io.chom.sites.DatabaseRefused;
import io.chom.sites.SiteRefused;
import io.chom.sites.SiteUndo;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import io.chom.web.support.Go;
import io.chom.web.support.Phrasebook;
import io.github.wimdeblauwe.htmx.spring.boot.mvc.HtmxRequest;
import io.github.wimdeblauwe.htmx.spring.boot.mvc.HxRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** What takes time, and its logs. */
@Controller
@RequestMapping("/operations")
class OperationsController {
  private final Operations operations;
  private final Cancellation cancellation;
  private final Retries retries;
  private final SiteUndo undo;
  private final OperationPages pages;
  private final Phrasebook phrasebook;

  OperationsController(Operations operations, Cancellation cancellation, Retries retries, SiteUndo undo,
      OperationPages pages,
      Phrasebook phrasebook) {
    this.operations = operations;
    this.cancellation = cancellation;
    this.retries = retries;
    this.undo = undo;
    this.pages = pages;
    this.phrasebook = phrasebook;
  }

  @GetMapping
  @Requires(OPERATIONS_READ)
  String list(@RequestParam @Nullable OperationStatus status, @RequestParam @Nullable UUID before, Model model) {
    model.addAttribute("page", pages.list(status, before, phrasebook.here()));
    return "operations/list";
  }

  @HxRequest
  @GetMapping
  @Requires(OPERATIONS_READ)
  String table(@RequestParam @Nullable OperationStatus status, @RequestParam @Nullable UUID before, Model model) {
    return list(status, before, model) + " :: table";
  }

  @GetMapping("/{id}")
  @Requires(OPERATIONS_READ)
  String detail(@PathVariable UUID id, Caller caller, Model model) {
    model.addAttribute("page", page(new OperationId(id), caller));
    return "operations/detail";
  }

  @PostMapping("/{id}/cancel")
  @Requires(OPERATIONS_WRITE)
  String cancel(@PathVariable UUID id, Caller caller, HtmxRequest htmx) {
    var operation = new OperationId(id);
    try {
      here(caller, () -> cancellation.cancel(operation, caller.actor()));
    } catch (OperationNotCancellable _) {
      // it ended meanwhile: the page shows how
    }
    return Go.to(htmx, "/operations/" + id);
  }

  @PostMapping("/{id}/retry")
  @Requires(OPERATIONS_WRITE)
  String retry(@PathVariable UUID id, Caller caller, HtmxRequest htmx) {
    var operation = new OperationId(id);
    return Go.to(htmx, "/operations/" + here(caller, () -> retry(operation, caller)));
  }

  private OperationId retry(OperationId id, Caller caller) {
    retries.right(operations.get(id)).ifPresent(caller::mustHold);
    try {
      return retries.again(id, caller.actor()).id();
    } catch (OperationNotRepeatable | SiteRefused | DatabaseRefused | BackupRefused | ServerRefused _) {
      // something else happened meanwhile: the page shows what
      return id;
    }
  }

  @PostMapping("/{id}/undo")
  @Requires(SITES_WRITE)
  String undo(@PathVariable UUID id, Caller caller, HtmxRequest htmx, HttpServletResponse response, Model model) {
    var words = phrasebook.here();
    try {
      return Go.to(htmx, "/operations/" + undo.undo(new OperationId(id), caller.actor()).id());
    } catch (SiteRefused e) {
      model.addAttribute("refused", words.say(e.messageKey()));
    } catch (PlanLimitReached e) {
      model.addAttribute("refused", words.say("sites.limit", e.limit()));
    } catch (NoServerAvailable _) {
      model.addAttribute("refused", words.say("site.refused.server-not-ready"));
    }
    response.setStatus(HttpStatus.CONFLICT.value());
    return detail(id, caller, model);
  }

  @PostMapping("/{id}/give-up")
  @Requires(FLEET_WRITE)
  String giveUp(@PathVariable UUID id, Caller caller, HtmxRequest htmx) {
    var operation = new OperationId(id);
    try {
      here(caller, () -> cancellation.giveUp(operation, caller.actor()));
    } catch (OperationNotCancellable _) {
      // its server has answered meanwhile: the page shows how
    }
    return Go.to(htmx, "/operations/" + id);
  }

  private OperationPage page(OperationId id, Caller caller) {
    try {
      return pages.live(operations.get(id), Topics.operation(id), caller, phrasebook.here());
    } catch (OperationNotFound e) {
      return ofPlatform(e, caller,
          () -> pages.live(operations.get(id), LiveFleetOperations.topic(id), caller, phrasebook.here()));
    }
  }

  private static <T> T here(Caller caller, Supplier<T> work) {
    try {
      return work.get();
    } catch (OperationNotFound e) {
      return ofPlatform(e, caller, work);
    }
  }

  /** An operator who works for a tenant may come here from the fleet. */
  private static <T> T ofPlatform(OperationNotFound e, Caller caller, Supplier<T> work) {
    if (!caller.can(FLEET_READ)) {
      throw e;
    }
    return TenantContext.callAs(TenantId.PLATFORM, work::get);
  }
}
