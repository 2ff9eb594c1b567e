package io.chom.metrics;

import io.chom.common.ChomException;
import io.chom.promql.Answer;

/** Prometheus has no answer to a question that was asked by itself. */
public final class NoMeasurements extends ChomException {
  private static final long serialVersionUID = 1L;

  private final Answer.Reason reason;

  NoMeasurements(Answer.Missing missing) {
    super("Prometheus has no answer: " + missing.detail(), null);
    this.reason = missing.reason();
  }

  /** Whether another question might be answered; else Prometheus itself is to blame. */
  public boolean byQuestion() {
    return reason == Answer.Reason.REFUSED || reason == Answer.Reason.TOO_MUCH || reason == Answer.Reason.TOO_SLOW;
  }

  @Override
  public String code() {
    return "METRICS_" + reason.name();
  }

  @Override
  public boolean retryable() {
    return !byQuestion();
  }
}
