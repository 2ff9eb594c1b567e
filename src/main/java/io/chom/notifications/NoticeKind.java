package io.chom.notifications;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** What people can be told of. */
public enum NoticeKind {
  BACKUP_FAILED("backup.failed"),
  /** A run of a schedule was not started in time. */
  RUN_MISSED("backup.missed"),
  /** A backup was restored on the side, and is not what was there when it was taken. */
  BACKUP_BROKEN("backup.broken"),
  /** Something else that a clock had started. */
  OPERATION_FAILED("operation.failed"), BACKUP_SUCCEEDED("backup.succeeded"), BACKUP_PROVEN("backup.proven");

  /** What whoever leads a tenant is told at once, as long as they have not chosen otherwise. */
  public static final Set<NoticeKind> FAILURES = Set
      .copyOf(EnumSet.of(BACKUP_FAILED, RUN_MISSED, BACKUP_BROKEN, OPERATION_FAILED));

  private final String word;

  NoticeKind(String word) {
    this.word = word;
  }

  /** As programs write it. */
  public String word() {
    return word;
  }

  /** As message keys have it. */
  public String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  public boolean good() {
    return !FAILURES.contains(this);
  }

  public static Optional<NoticeKind> of(String word) {
    return Stream.of(values()).filter(kind -> kind.word.equals(word)).findFirst();
  }
}
