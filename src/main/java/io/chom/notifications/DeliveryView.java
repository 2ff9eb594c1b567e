package io.chom.notifications;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One thing that was to be told on a channel, and whether it was.
 *
 * @param event null for a digest or a test
 * @param subject what it is about, such as a domain; empty for a digest or a test
 * @param nextTryAt null when it is over
 * @param error why the last attempt failed, as a code
 */
public record DeliveryView(UUID id, Kind kind, @Nullable NoticeKind event, String subject, Status status, int attempts,
    Instant createdAt, @Nullable Instant nextTryAt, @Nullable Instant endedAt, @Nullable String error,
    @Nullable String errorDetail) {
  /** What it is. */
  public enum Kind {
    AT_ONCE, DIGEST, TEST
  }

  /** Where it is. */
  public enum Status {
    WAITING, SENT,
    /** And not tried again. */
    FAILED
  }
}
