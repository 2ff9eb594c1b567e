package io.chom.recovery;

import io.chom.common.ChomException;
import org.jspecify.annotations.Nullable;

/** A copy of the panel cannot be made or used as was asked; the message says why, and what to do. */
public final class RecoveryRefused extends ChomException {
  private static final long serialVersionUID = 1L;

  /** What stands in the way. */
  public enum Reason {
    /** The file is none of ours, or of a newer CHOM. */
    NOT_A_BACKUP,
    /** It does not open: another passphrase, or its first lines were changed. */
    PASSPHRASE_WRONG,
    /** It was changed, or pieces of it are missing or not in their order. */
    DAMAGED,
    /** It ends before its end. */
    CUT_OFF,
    /** This CHOM does not know the schema it was made of. */
    SCHEMA_UNKNOWN,
    /** There is a panel in the database already. */
    NOT_EMPTY,
    /** Somebody works with the database. */
    IN_USE,
    /** The file cannot be written or read, or the disk is full. */
    FILE,
    /** The database does not do as it should. */
    DATABASE
  }

  private final Reason reason;

  RecoveryRefused(Reason reason, String whatAndWhatToDo) {
    this(reason, whatAndWhatToDo, null);
  }

  RecoveryRefused(Reason reason, String whatAndWhatToDo, @Nullable Throwable cause) {
    super(whatAndWhatToDo, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }

  @Override
  public String code() {
    return "RECOVERY_" + reason.name();
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
