package io.chom.metrics;

import io.chom.common.ChomException;
import io.chom.promql.PromqlRefused;

/**
 * An expression that cannot be asked: where it goes wrong, why, and what to write instead. For rooms that do not see the
 * parser of PromQL.
 */
public final class ExpressionRefused extends ChomException {
  private static final long serialVersionUID = 1L;

  private final PromqlRefused refused;

  ExpressionRefused(PromqlRefused cause) {
    super(String.valueOf(cause.getMessage()), cause);
    this.refused = cause;
  }

  /** The index in the text, in Java's characters. */
  public int position() {
    return refused.position();
  }

  /** From 1. */
  public int line() {
    return refused.line();
  }

  /** From 1, as people count characters. */
  public int column() {
    return refused.column();
  }

  public String reason() {
    return refused.reason();
  }

  public String advice() {
    return refused.advice();
  }

  @Override
  public String code() {
    return refused.code();
  }

  @Override
  public boolean retryable() {
    return refused.retryable();
  }
}
