package io.chom.metrics;

import io.chom.common.ChomException;
import io.chom.promql.PromqlRefused;

/** An expression that cannot be asked: where it goes wrong, why, and what to write instead. */
public final class ExpressionRefused extends ChomException {
  private static final long serialVersionUID = 1L;

  private final int position;
  private final int line;
  private final int column;
  private final String reason;
  private final String advice;

  ExpressionRefused(PromqlRefused cause) {
    super(String.valueOf(cause.getMessage()), cause);
    this.position = cause.position();
    this.line = cause.line();
    this.column = cause.column();
    this.reason = cause.reason();
    this.advice = cause.advice();
  }

  ExpressionRefused(String reason, String advice) {
    super(reason + ": " + advice, null);
    this.position = 0;
    this.line = 1;
    this.column = 1;
    this.reason = reason;
    this.advice = advice;
  }

  /** The index in the text, in Java's characters. */
  public int position() {
    return position;
  }

  /** From 1. */
  public int line() {
    return line;
  }

  /** From 1, as people count characters. */
  public int column() {
    return column;
  }

  public String reason() {
    return reason;
  }

  public String advice() {
    return advice;
  }

  @Override
  public String code() {
    return "PROMQL_REFUSED";
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
