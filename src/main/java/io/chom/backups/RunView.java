package io.chom.backups;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A run that is expected, or was.
 *
 * @param lateAt when it was seen that nobody had started it in time; it may have been started later
 * @param refused why it could not be started when that was last tried, as a code
 * @param outcome of its backup; null while there is none
 */
public record RunView(UUID id, ScheduleId schedule, BackupType type, Instant dueAt, Status status,
    @Nullable Instant lateAt, @Nullable String refused, @Nullable Instant startedAt, @Nullable BackupId backup,
    @Nullable BackupStatus outcome, @Nullable BackupProof proof) {

  /** How far a run has come; what became of it is its backup's status. */
  public enum Status {
    /** Nobody has started it yet. */
    PLANNED,
    /** There is a backup of it, whatever became of that. */
    STARTED,
    /** Nobody started it, and nobody will. */
    MISSED
  }
}
