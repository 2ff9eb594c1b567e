package io.chom.web.operations;

import static io.chom.accounts.Permission.FLEET_READ;
import static io.chom.accounts.Permission.OPERATIONS_READ;

import io.chom.accounts.Caller;
import io.chom.accounts.Requires;
import io.chom.operations.OperationId;
import io.chom.operations.OperationNotFound;
import io.chom.operations.OperationStatus;
import io.chom.operations.Operations;
import io.chom.operations.Topics;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import io.chom.web.support.Phrasebook;
import io.github.wimdeblauwe.htmx.spring.boot.mvc.HxRequest;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** What takes time, and its logs. */
@Controller
@RequestMapping("/operations")
class OperationsController {
  private final Operations operations;
  private final OperationPages pages;
  private final Phrasebook phrasebook;

  OperationsController(Operations operations, OperationPages pages, Phrasebook phrasebook) {
    this.operations = operations;
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

  private OperationPage page(OperationId id, Caller caller) {
    try {
      return pages.live(operations.get(id), Topics.operation(id), phrasebook.here());
    } catch (OperationNotFound e) {
      if (!caller.can(FLEET_READ)) {
        throw e;
      }
      // an operator who works for a tenant may come here from the fleet
      return TenantContext.callAs(TenantId.PLATFORM,
          () -> pages.live(operations.get(id), LiveFleetOperations.topic(id), phrasebook.here()));
    }
  }
}
