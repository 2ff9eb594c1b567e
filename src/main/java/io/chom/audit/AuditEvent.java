package io.chom.audit;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One thing that was done.
 *
 * @param seq counts a tenant's events from 1 without a gap
 * @param actor null where no person is behind it
 * @param detail a JSON object with its keys in order
 * @param previousHash the hash of the event before this one; empty for the first
 */
public record AuditEvent(UUID id, long seq, @Nullable UUID actor, String actorLabel, String action, String subjectKind,
    @Nullable UUID subject, String subjectLabel, String detail, Instant at, String previousHash) {}
