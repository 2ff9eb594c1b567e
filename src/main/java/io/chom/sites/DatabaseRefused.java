package io.chom.sites;

import io.chom.common.RequestRefused;

/** What was asked of a database cannot be done as it was asked. */
public class DatabaseRefused extends RequestRefused {
  /** Why, with a sentence that says what to do. */
  public enum Reason {
    DATABASE_NAME_INVALID(
        "A database's name has 1 to 32 small letters, digits and underscores, and begins with a letter"), DATABASE_NAME_TAKEN(
            "This site has a database of that name; choose another name, or drop that one first"), TOO_MANY_DATABASES(
                "A site has at most " + MOST + " databases; drop one that is no longer needed"), NAME_DOES_NOT_MATCH(
                    "That is not this database's name; type its name to confirm"), NOT_IN_THIS_STATE(
                        "The site or the database is being changed, or is not in a state that allows this; wait for its"
                            + " operation to end"),
    /** It was shown, or it was made for somebody else: which is not told. */
    PASSWORD_NOT_SHOWN(
        "A password is shown once, to whoever asked for it, when it is set; ask for a new password"), IDEMPOTENCY_KEY_REUSED(
            "This key was sent with another request before; use a new key for each request");

    private final String advice;

    Reason(String advice) {
      this.advice = advice;
    }
  }

  /** As many as a site may have. */
  public static final int MOST = 20;

  private final Reason reason;

  public DatabaseRefused(Reason reason, String field) {
    super("database", reason, reason.advice, field);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
