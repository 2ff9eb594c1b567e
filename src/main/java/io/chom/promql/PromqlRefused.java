package io.chom.promql;

import io.chom.common.ChomException;

/** An expression that CHOM does not ask: where it goes wrong, why, and what to write instead. */
public final class PromqlRefused extends ChomException {
  private static final long serialVersionUID = 1L;

  private final int position;
  private final int line;
  private final int column;
  private final String reason;
  private final String advice;

  private PromqlRefused(int position, int line, int column, String reason, String advice) {
    super("line " + line + ", column " + column + ": " + reason + ": " + advice, null);
    this.position = position;
    this.line = line;
    this.column = column;
    this.reason = reason;
    this.advice = advice;
  }

  /** The whole expression is not what is wanted. */
  public static PromqlRefused whole(String reason, String advice) {
    return new PromqlRefused(0, 1, 1, reason, advice);
  }

  static PromqlRefused at(String text, int position, String reason, String advice) {
    int line = 1;
    int begin = 0;
    for (int i = 0; i < position; i++) {
      if (text.charAt(i) == '\n') {
        line++;
        begin = i + 1;
      }
    }
    return new PromqlRefused(position, line, text.codePointCount(begin, position) + 1, reason, advice);
  }

  /** The index in the text of what is wrong, in Java's characters. */
  public int position() {
    return position;
  }

  /** Its line, from 1. */
  public int line() {
    return line;
  }

  /** Its place in that line, from 1, as people count characters. */
  public int column() {
    return column;
  }

  public String reason() {
    return reason;
  }

  /** What to do about it. */
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
