package io.chom.web.operations;

import io.chom.operations.Operation;
import io.chom.operations.OperationStatus;
import io.chom.web.support.Badge;
import io.chom.web.support.Words;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Puts operations into words. */
public final class OperationLines {
  private OperationLines() {}

  public static List<OperationLine> of(List<Operation> operations, Words words) {
    return operations.stream().map(operation -> of(operation, words)).toList();
  }

  public static OperationLine of(Operation operation, Words words) {
    var status = operation.status();
    boolean failed = status == OperationStatus.FAILED;
    return new OperationLine(operation.id().toString(), "/operations/" + operation.id(),
        words.sayOr("operation.type." + operation.type(), operation.type().value()), operation.subject().label(),
        state(operation, words), operation.progress(), words.percent(operation.progress()), step(operation, words),
        !status.ended(), words.moment(operation.createdAt()), duration(operation, words),
        Objects.requireNonNullElseGet(operation.requestedLabel(), () -> words.say("operation.by.system")),
        waiting(operation, words), failed ? fault(operation, words) : null, failed ? advice(operation, words) : null,
        status == OperationStatus.SUCCEEDED ? words.say("operation.done", duration(operation, words)) : null,
        status == OperationStatus.CANCELLED ? cancelled(operation, words) : null, operation.leftBehind());
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

  private static String step(Operation operation, Words words) {
    var next = operation.nextTryAt();
    if (operation.status() != OperationStatus.QUEUED) {
      return operation.status().ended() ? "" : Objects.requireNonNullElse(operation.step(), "");
    }
    return next == null
        ? words.say("operation.queued")
        : words.say("operation.retry", words.moment(next).relative());
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
    return words.sayOr("operation.error." + operation.errorCode(), otherwise);
  }

  private static String advice(Operation operation, Words words) {
    return words.sayOr("operation.error." + operation.errorCode() + ".advice", words.say("operation.advice"));
  }
}
