package io.chom.api;

import io.chom.operations.Operation;
import io.chom.operations.Place;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An operation as the API shows it.
 *
 * @param progress 0 to 100
 * @param nextTryAt when it is tried again, where it waits for that
 * @param tries how often it has been asked of its server in full, this time included
 * @param triesAllowed how many tries it has, while it waits for the next of several
 * @param repeats the failed operation that this one asks for again
 * @param waitsFor while it is QUEUED: LINE, LATER (nextTryAt), PAUSED by an operator, SUBJECT (another change of the
 *        same thing), SERVER or TENANT (as many run as may at once)
 * @param placeInLine its position in that line, from 1
 * @param leftBehind what of a cancelled operation is on the server, such as {@code vhost:/etc/…}
 * @param waitingSince since when its server has been silent, where it is
 */
record OperationBody(UUID id, String type, String status, SubjectBody subject, @Nullable UUID serverId, int progress,
    @Nullable String step, int attempt, long logLength, @Nullable ErrorBody error, @Nullable String requestedBy,
    Instant createdAt, @Nullable Instant startedAt, @Nullable Instant nextTryAt, @Nullable Instant waitingSince,
    @Nullable Instant finishedAt, List<String> leftBehind, int tries, @Nullable Integer triesAllowed,
    @Nullable UUID repeats, @Nullable String waitsFor, @Nullable Long placeInLine) {

  record SubjectBody(String kind, UUID id, String label) {}

  record ErrorBody(String code, @Nullable String message) {}

  static OperationBody of(Operation operation) {
    return of(operation, null);
  }

  static OperationBody of(Operation operation, @Nullable Place place) {
    var repeats = operation.repeats();
    return new OperationBody(operation.id().value(), operation.type().value(), operation.status().name(),
        new SubjectBody(operation.subject().kind(), operation.subject().id(), operation.subject().label()),
        operation.server(), operation.progress(), operation.step(), operation.attempt(), operation.logLength(),
        operation.errorCode() == null ? null : new ErrorBody(operation.errorCode(), operation.errorMessage()),
        operation.requestedLabel(), operation.createdAt(), operation.startedAt(), operation.nextTryAt(),
        operation.waitingSince(), operation.finishedAt(),
        operation.leftBehind(), operation.tries(), operation.triesAllowed(), repeats == null ? null : repeats.value(),
        place == null ? null : place.reason().name(), place == null || place.number() == 0 ? null : place.number());
  }
}
