package io.chom.backups;

import io.chom.common.RequestRefused;

/** What was asked of a backup cannot be done as it was asked. */
public class BackupRefused extends RequestRefused {
  /** Why, with a sentence that says what to do. */
  public enum Reason {
    UNKNOWN_TYPE("Name one of full, files and database"),
    /** Not a pattern the agent takes. */
    EXCLUDE_INVALID(
        "Leave out at most 50 patterns of 200 characters, relative to the site's home, such as shared/cache;"
            + " without \\ and not beginning with !"),
    /** One at a time. */
    BACKUP_RUNNING("A backup of this site is being taken; wait for its operation to end"),
    /** Something is being done with it, or it is not there. */
    BACKUP_NOT_READY("This backup is not there, or something is being done with it; wait for its operation to end"),
    /** It is being changed, or it failed. */
    SITE_NOT_READY("The site is being changed, or is not in a state that allows this; wait for its operation to end"),
    /** Its backups are kept, and can be removed. */
    SITE_GONE("The site of this backup was deleted, so that there is nothing to hold it against; bring the site back"
        + " first"),
    /** A file backup has no databases. */
    NOT_IN_BACKUP("This backup does not hold that; choose a part that it holds"),
    /** Typed to confirm. */
    NAME_DOES_NOT_MATCH("That is not this site's name; type its name to confirm"),
    /** Only whoever runs that place can. */
    TARGET_KEEPS_ALL("This target lets nothing be removed; the operator of that server can"),
    /** It is past, or there was no restore. */
    NOTHING_TO_UNDO("There is no restore to undo: its time is over, or it was undone"),
    /** With another request. */
    IDEMPOTENCY_KEY_REUSED("This key was sent with another request before; use a new key for each request");

    private final String advice;

    Reason(String advice) {
      this.advice = advice;
    }
  }

  private final Reason reason;

  public BackupRefused(Reason reason, String field) {
    super("backup", reason, reason.advice, field);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
