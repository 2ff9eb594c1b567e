package io.chom.common;

import org.jspecify.annotations.Nullable;

/** The root of every error CHOM raises itself: says what happened, and whether trying again may help. */
public abstract class ChomException extends RuntimeException {
  protected ChomException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** A stable name of the error, upper case with underscores, for machines and for messages. */
  public abstract String code();

  /** Whether the same request may succeed later without anybody changing anything. */
  public abstract boolean retryable();
}
