package io.chom.operations;

import io.chom.common.ChomException;
import org.jspecify.annotations.Nullable;

/** The work was not done, and is over; where its reason passes, the same may be asked for anew. */
public class OperationRefused extends ChomException {
  private final String code;
  private final boolean passing;

  /** For good: asking again would get the same answer. */
  public OperationRefused(String code, String message, @Nullable Throwable cause) {
    this(code, message, false, cause);
  }

  /** @param passing whether the same, asked for anew, may succeed without anybody changing anything */
  public OperationRefused(String code, String message, boolean passing, @Nullable Throwable cause) {
    super(message, cause);
    this.code = code;
    this.passing = passing;
  }

  @Override
  public String code() {
    return code;
  }

  @Override
  public boolean retryable() {
    return passing;
  }
}
