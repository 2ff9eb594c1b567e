package io.chom.metrics;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Five diagrams, each with what is known or why nothing is. */
public record Board(BoardRange range, List<Panel> panels) {
  /** How much its curves can be believed. */
  public enum State {
    /** As of now, give or take a step. */
    FRESH,
    /** Prometheus has no answer now; these are the last that it gave. */
    STALE,
    /** Prometheus answered, and there is nothing. */
    EMPTY,
    /** No answer, and none before. */
    MISSING
  }

  /**
   * One diagram.
   *
   * @param from the time of each curve's first value
   * @param reason why there is no answer now; null for a fresh one
   * @param asked when Prometheus was asked; null without an answer
   * @param warnings Prometheus' own
   */
  public record Panel(PanelKind kind, State state, @Nullable String reason, Instant from, @Nullable Instant asked,
      List<Line> lines, List<String> warnings) {}

  /**
   * One curve.
   *
   * @param name what tells it from the others; empty where there are no others
   * @param values one each step, null where there is none
   */
  public record Line(String name, List<@Nullable Double> values) {}
}
