package io.chom.api;

import io.chom.accounts.Access;
import io.chom.accounts.Caller;
import io.chom.accounts.Permission;
import io.chom.accounts.Requires;
import io.chom.operations.Cancellation;
import io.chom.operations.OperationId;
import io.chom.operations.OperationNotFound;
import io.chom.operations.OperationStatus;
import io.chom.operations.Operations;
import io.chom.operations.Retries;
import io.chom.sites.SiteUndo;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletResponse;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** Long-running changes: what they are doing, and their logs as they grow. */
@Tag(name = "Operations")
@RestController
@RequestMapping("/api/v1/operations")
class OperationsApi {
  private final Operations operations;
  private final Cancellation cancellation;
  private final Retries retries;
  private final OperationEvents events;
  private final SiteUndo undo;
  private final Access access;

  OperationsApi(Operations operations, Cancellation cancellation, Retries retries, OperationEvents events,
      SiteUndo undo, Access access) {
    this.operations = operations;
    this.cancellation = cancellation;
    this.retries = retries;
    this.events = events;
    this.undo = undo;
    this.access = access;
  }

  @Operation(summary = "List operations, newest first")
  @GetMapping
  @Requires(Permission.OPERATIONS_READ)
  Page<OperationBody> list(@RequestParam @Nullable OperationStatus status, @RequestParam @Nullable UUID subject,
      @RequestParam @Nullable UUID before, @RequestParam(defaultValue = "25") int limit) {
    int size = Page.size(limit);
    var read = operations.page(status, subject, before == null ? null : new OperationId(before), size + 1);
    var places = operations.places(read);
    return Page.of(read, size, operation -> operation.id().value(),
        operation -> OperationBody.of(operation, places.get(operation.id())));
  }

  @Operation(summary = "One operation")
  @GetMapping("/{id}")
  @Requires(Permission.OPERATIONS_READ)
  OperationBody get(@PathVariable UUID id) {
    var operation = operations.get(new OperationId(id));
    return OperationBody.of(operation, operations.place(operation).orElse(null));
  }

  @Operation(summary = "Cancel an operation", description = "CANCELLED at once while it waits. Otherwise CANCELLING until its server has confirmed that nothing of it lives; leftBehind then says what of it is there.")
  @PostMapping("/{id}/cancel")
  @ResponseStatus(HttpStatus.ACCEPTED)
  @Requires(Permission.OPERATIONS_WRITE)
  OperationBody cancel(@PathVariable UUID id, Caller caller) {
    return OperationBody.of(cancellation.cancel(new OperationId(id), caller.actor()));
  }

  @Operation(summary = "Ask again for a change that failed", description = "Answers the new operation, which names the failed one in repeats; asked again, the same. Needs the right of the change itself.")
  @PostMapping("/{id}/retry")
  @Requires(Permission.OPERATIONS_WRITE)
  ResponseEntity<Accepted> retry(@PathVariable UUID id, Caller caller) {
    var failed = operations.get(new OperationId(id));
    retries.right(failed).ifPresent(caller::mustHold);
    var again = retries.again(failed.id(), caller.actor());
    return Accepted.of(again.subject().id(), again);
  }

  @Operation(summary = "Undo an operation", description = "Closing and opening a site for a day, deleting it for as long as it is retained; 409 once the site has changed since.")
  @PostMapping("/{id}/undo")
  @Requires(Permission.SITES_WRITE)
  ResponseEntity<Accepted> undo(@PathVariable UUID id, Caller caller) {
    var back = undo.undo(new OperationId(id), caller.actor());
    return Accepted.of(back.subject().id(), back);
  }

  @Operation(summary = "Give an operation up", description = "For operators: ends one whose server does not answer as FAILED, OUTCOME_UNKNOWN.")
  @PostMapping("/{id}/give-up")
  @Requires(Permission.FLEET_WRITE)
  OperationBody giveUp(@PathVariable UUID id, Caller caller) {
    return OperationBody.of(cancellation.giveUp(new OperationId(id), caller.actor()));
  }

  @Operation(summary = "Follow an operation", description = "Events status, output and complete. Send Last-Event-ID, or from, to go on where you were.")
  @GetMapping(path = "/{id}/events", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
  @Requires(Permission.OPERATIONS_READ)
  SseEmitter events(@PathVariable UUID id, @RequestParam(defaultValue = "0") long from,
      @RequestHeader(name = "Last-Event-ID", required = false) @Nullable String last, Caller caller,
      HttpServletResponse response) {
    var operation = new OperationId(id);
    var owner = owner(operation, caller);
    response.setHeader("Cache-Control", "no-store");
    // for nginx in front of the panel, which would hold events back
    response.setHeader("X-Accel-Buffering", "no");
    return events.follow(owner, operation, offset(last, from),
        () -> access.stillAllowed(caller, Permission.OPERATIONS_READ)
            && (owner.equals(caller.tenant()) || access.stillAllowed(caller, Permission.FLEET_READ)));
  }

  /** Whose operation it is: the tenant's or, for operators in a browser wherever they work, the platform's. */
  private TenantId owner(OperationId id, Caller caller) {
    try {
      operations.get(id);
      return caller.tenant();
    } catch (OperationNotFound e) {
      // a token is for its tenant alone
      if (caller.token() != null || !caller.can(Permission.FLEET_READ)) {
        throw e;
      }
      TenantContext.callAs(TenantId.PLATFORM, () -> operations.get(id));
      return TenantId.PLATFORM;
    }
  }

  private static long offset(@Nullable String last, long from) {
    if (last == null || last.isEmpty()) {
      return Math.max(0, from);
    }
    try {
      return Math.max(0, Long.parseLong(last));
    } catch (NumberFormatException e) {
      throw new BadRequest("LAST_EVENT_ID_INVALID", "Last-Event-ID is the id of an event of this stream: a number");
    }
  }
}
