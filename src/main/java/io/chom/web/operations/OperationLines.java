package io.chom.web.operations;

import io.chom.operations.Operation;
import io.chom.operations.OperationId;
import io.chom.operations.OperationStatus;
import io.chom.operations.Place;
import io.chom.web.support.Badge;
import io.chom.web.support.Words;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Puts operations into words. */
public final class OperationLines {
  private OperationLines() {}

  public static List<OperationLine> of(List<Operation> operations, Words words) {
    return of(operations, Map.of(), words);
  }

  /** @param places where those stand that wait */
  public static List<OperationLine> of(List<Operation> operations, Map<OperationId, Place> places, Words words) {
    return operations.stream().map(operation -> of(operation, places.get(operation.id()), words)).toList();
  }

  static OperationLine of(Operation operation, @Nullable Place place, Words words) {
    var status = operation.status();
    boolean failed = status == OperationStatus.FAILED;
    return new OperationLine(operation.id().toString(), "/operations/" + operation.id(),
        words.sayOr("operation.type." + operation.type(), operation.type().value()), operation.subject().label(),
        state(operation, words), operation.progress(), words.percent(operation.progress()),
        step(operation, place, words),
        !status.ended(), words.moment(operation.createdAt()), duration(operation, words),
        Objects.requireNonNullElseGet(operation.requestedLabel(), () -> words.say("operation.by.system")),
        waiting(operation, words), again(operation, words), failed ? fault(operation, words) : null,
        failed ? advice(operation, words) : null,
        status == OperationStatus.SUCCEEDED ? words.say("operation.done", duration(operation, words)) : null,
        status == OperationStatus.CANCELLED ? cancelled(operation, words) : null, operation.leftBehind(),
        left(operation, words));
  }

  static Badge state(OperationStatus status, Words words) {
    String tone = switch (status) {
      case QUEUED, CANCELLED -> "quiet";
      case RUNNING, CANCELLING -> "busy";
      case SUCCEEDED -> "ok";
      case FAILED -> "bad";
    };
    return new Badge(tone, words.say("operation.status." + status));
  }

  private static Badge state(Operation operation, Words words) {
    var badge = state(operation.status(), words);
    return isWaiting(operation) ? new Badge("warn", badge.label()) : badge;
  }

  private static boolean isWaiting(Operation operation) {
    return operation.waitingSince() != null && !operation.status().ended();
  }

  private static @Nullable String waiting(Operation operation, Words words) {
    var since = operation.waitingSince();
    if (since == null || operation.status().ended()) {
      return null;
    }
    var sentence = words.say("operation.waiting", words.moment(since).relative());
    return operation.errorCode() == null ? sentence : sentence + ". " + fault(operation, words);
  }

  private static @Nullable String again(Operation operation, Words words) {
    return operation.status() == OperationStatus.QUEUED && operation.errorCode() != null
        ? words.say("operation.again", fault(operation, words))
        : null;
  }

  private static String left(Operation operation, Words words) {
    // what an earlier attempt left behind is nobody's to list once there is another
    boolean nothing = operation.leftBehind().isEmpty();
    return words.say("operation.cancelled." + (nothing ? operation.tries() > 1 ? "tried" : "clean" : "left"));
  }

  private static String step(Operation operation, @Nullable Place place, Words words) {
    var next = operation.nextTryAt();
    if (operation.status() != OperationStatus.QUEUED) {
      return operation.status().ended() ? "" : Objects.requireNonNullElse(operation.step(), "");
    }
    return next == null ? place(operation, place, words) : next(operation, next, words);
  }

  private static String next(Operation operation, Instant next, Words words) {
    var allowed = operation.triesAllowed();
    var when = words.moment(next).relative();
    return allowed == null
        ? words.say("operation.retry", when, operation.attempt() + 1)
        : words.say("operation.retry.of", when, operation.tries(), allowed);
  }

  private static String place(Operation operation, @Nullable Place place, Words words) {
    return place == null
        ? words.say("operation.queued")
        : words.say("operation.place." + place.reason(), place.number(), operation.subject().label());
  }

  private static String duration(Operation operation, Words words) {
    var start = operation.startedAt();
    if (start == null) {
      return words.say("duration.none");
    }
    var end = operation.finishedAt();
    return end == null ? words.since(start) : words.duration(Duration.between(start, end));
  }

  private static String cancelled(Operation operation, Words words) {
    return operation.startedAt() == null
        ? words.say("operation.cancelled.waiting")
        : words.say("operation.cancelled", duration(operation, words));
  }

  private static String fault(Operation operation, Words words) {
    String otherwise = Objects.requireNonNullElse(operation.errorMessage(), words.say("operation.status.FAILED"));
    if ("SERVER_IN_MAINTENANCE".equals(operation.errorCode())) {
      // what an operator says of it stands behind the colon
      return words.say("operation.error.SERVER_IN_MAINTENANCE",
          otherwise.substring(otherwise.indexOf(':') + 1).strip());
    }
    return words.sayOr("operation.error." + operation.errorCode(), otherwise);
  }

  private static String advice(Operation operation, Words words) {
    return words.sayOr("operation.error." + operation.errorCode() + ".advice", words.say("operation.advice"));
  }
}
