package io.chom.notifications;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened in the current tenant.
 *
 * @param subjectLabel such as a domain
 * @param operation the operation that ended so; null if it was none
 * @param about the type of the operation, or of the backup that was missed
 * @param detail why, for people; may be empty
 * @param dueAt when what was missed should have begun
 */
record Notice(UUID id, NoticeKind kind, String subjectKind, UUID subject, String subjectLabel, @Nullable UUID operation,
    String about, String detail, @Nullable Instant dueAt, Instant at) {}
