package io.chom.web.operations;

import io.chom.accounts.Caller;
import io.chom.accounts.Permission;
import io.chom.operations.Cancellation;
import io.chom.operations.Operation;
import io.chom.operations.OperationId;
import io.chom.operations.OperationStatus;
import io.chom.operations.Operations;
import io.chom.operations.Retries;
import io.chom.sites.SiteUndo;
import io.chom.web.support.Addresses;
import io.chom.web.support.Choice;
import io.chom.web.support.Words;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Assembles the pages about operations. */
@Component
class OperationPages {
  private static final int PAGE = 25;
  /** So much of a log is in the page itself; the rest follows by the event stream. */
  private static final int PIECES = 200;

  private final Operations operations;
  private final Cancellation cancellation;
  private final Retries retries;
  private final SiteUndo undo;

  OperationPages(Operations operations, Cancellation cancellation, Retries retries, SiteUndo undo) {
    this.operations = operations;
    this.cancellation = cancellation;
    this.retries = retries;
    this.undo = undo;
  }

  OperationList list(@Nullable OperationStatus status, @Nullable UUID before, Words words) {
    var read = operations.page(status, null, before == null ? null : new OperationId(before), PAGE + 1);
    var addresses = Addresses.of("/operations", before).with("status", status == null ? null : status.name());
    boolean filtered = status != null || before != null;
    String empty = filtered ? "operations.none-found" : "operations.empty";
    var shown = read.subList(0, Math.min(PAGE, read.size()));
    return new OperationList(OperationLines.of(shown, operations.places(shown), words),
        choices(status, words), addresses.pager(read, PAGE, Operation::id), addresses.here(),
        words.say(empty + ".title"), words.say(empty + ".text"));
  }

  private static List<Choice> choices(@Nullable OperationStatus chosen, Words words) {
    return Arrays.stream(OperationStatus.values())
        .map(status -> new Choice(status.name(), words.say("operation.status." + status), status == chosen)).toList();
  }

  /**
   * One operation, to be followed while it goes on.
   *
   * @param topic by which it is watched
   * @param caller for whom the page is: not everybody may cancel
   */
  OperationPage live(Operation operation, String topic, Caller caller, Words words) {
    var pieces = operations.log(operation.id(), 0, PIECES);
    var log = new StringBuilder();
    pieces.forEach(piece -> log.append(piece.text()));
    long offset = pieces.isEmpty() ? 0 : pieces.getLast().next();
    boolean active = !operation.status().ended();
    boolean whole = offset >= operation.logLength();
    return new OperationPage(OperationLines.of(operation, operations.place(operation).orElse(null), words),
        "/operations/" + operation.id(),
        active ? topic : null, subjectHref(operation), words.count(operation.attempt()), log.toString(), offset,
        active || !whole ? "/api/v1/operations/" + operation.id() + "/events" : null,
        caller.can(Permission.OPERATIONS_WRITE) && cancellation.possible(operation)
            ? "/operations/" + operation.id() + "/cancel"
            : null,
        caller.can(Permission.FLEET_WRITE) && cancellation.hopeless(operation)
            ? "/operations/" + operation.id() + "/give-up"
            : null,
        mayRetry(operation, caller) ? "/operations/" + operation.id() + "/retry" : null, href(operation.repeats()),
        operation.status() == OperationStatus.FAILED
            ? href(retries.repeating(operation.id()).map(Operation::id).orElse(null))
            : null,
        caller.can(Permission.SITES_WRITE) && undo.possible(operation)
            ? "/operations/" + operation.id() + "/undo"
            : null);
  }

  private boolean mayRetry(Operation operation, Caller caller) {
    // of one that goes on, too: the page shows it when it fails
    return caller.can(Permission.OPERATIONS_WRITE) && retries.right(operation).filter(caller::holds).isPresent()
        && (!operation.status().ended() || retries.possible(operation));
  }

  private static @Nullable String href(@Nullable OperationId id) {
    return id == null ? null : "/operations/" + id;
  }

  private static @Nullable String subjectHref(Operation operation) {
    return switch (operation.subject().kind()) {
      case "site" -> "/sites/" + operation.subject().id();
      case "backup-target" -> "/backups/targets/" + operation.subject().id();
      case "server" -> "/servers/" + operation.subject().id();
      default -> null;
    };
  }
}
