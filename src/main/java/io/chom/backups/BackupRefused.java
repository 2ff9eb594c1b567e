package io.chom.backups;

import io.chom.common.RequestRefused;
import java.util.List;

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
    /** Only another site's files have settings of another site. */
    NOTHING_TO_ADAPT("Settings are adapted when a whole backup comes into another site; leave adapt away"),
    /** By the request's length, or their number. */
    TOO_MUCH_CHOSEN("That is too much at once: choose at most 100, or the directory that holds them"),
    /** Percent signs stand for bytes. */
    NAME_NOT_WRITTEN_SO(
        "Name it as the contents of the backup do: relative to the site's home, with %XX for what is not"
            + " printable ASCII and for the percent sign, without . and .."),
    /** A directory of another server. */
    OUT_OF_REACH("This backup lies on the server {0} and cannot be reached from {1}; choose a site on {0}, or back up"
        + " to a target that both reach"),
    /** It is none of this tenant's sites, or no id. */
    NO_SUCH_PLACE("Choose the site into which it shall be restored"),
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
  private final List<String> names;

  public BackupRefused(Reason reason, String field) {
    super("backup", reason, reason.advice, field);
    this.reason = reason;
    this.names = List.of();
  }

  /** @param first what the sentence calls {0}, and {@code second} {1} */
  BackupRefused(Reason reason, String field, String first, String second) {
    super("backup", reason, reason.advice.replace("{0}", first).replace("{1}", second), field);
    this.reason = reason;
    this.names = List.of(first, second);
  }

  public Reason reason() {
    return reason;
  }

  /** What the sentence is about, in the order of its placeholders. */
  public Object[] names() {
    return names.toArray();
  }
}
