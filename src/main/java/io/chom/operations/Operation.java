package io.chom.operations;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * One operation as it stands in the table at this moment.
 *
 * @param attempt how often a worker has taken it up, adoptions included
 * @param progress 0 to 100
 * @param logLength bytes of log kept so far
 * @param errorCode stable, upper case; null unless it failed, waits to be tried again, or its server is silent
 * @param nextTryAt when it will be tried again; null if it is not waiting for that
 * @param leftBehind what of a cancelled operation is there, in the server's words ({@code vhost:/etc/…})
 * @param tries how often it has been asked of its server in full, this time included
 * @param triesAllowed how many tries it has while it waits for the next; null for as many as it takes
 * @param sentAs the id under which its server knows this try
 * @param repeats the failed operation that this one asks for again
 * @param copied whether it was under way when the copy was made from which the panel was restored: its server may know
 *        more of it than the panel, and must not be sent what it does not know
 * @param waitingSince since when its server has been silent although the work was sent there; null if it is not
 */
public record Operation(OperationId id, OperationType type, Subject subject, @Nullable UUID server, Lane lane,
    OperationStatus status, int attempt, int progress, @Nullable String step, long logLength,
    @Nullable String errorCode, @Nullable String errorMessage, JsonNode payload, @Nullable UUID requestedBy,
    @Nullable String requestedLabel, Instant createdAt, @Nullable Instant startedAt, @Nullable Instant nextTryAt,
    @Nullable Instant waitingSince, @Nullable Instant finishedAt, List<String> leftBehind, int tries,
    @Nullable Integer triesAllowed, UUID sentAs, @Nullable OperationId repeats, boolean copied) {}
