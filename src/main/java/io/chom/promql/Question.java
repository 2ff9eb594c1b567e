package io.chom.promql;

/** What Prometheus is asked, and over which time. */
public record Question(TenantQuery query, Window window) {
  /** The most points of a curve; Prometheus itself refuses more than 11,000. */
  public static final int MOST_POINTS = 11_000;

  public Question {
    if (window.points() > MOST_POINTS) {
      throw new IllegalArgumentException("A curve has " + MOST_POINTS + " points at most");
    }
    if (query.type() == ValueType.STRING) {
      throw new IllegalArgumentException("A text is nothing to measure");
    }
    if (!window.moment() && query.type() != ValueType.VECTOR && query.type() != ValueType.SCALAR) {
      throw new IllegalArgumentException("Only a vector or a number can be asked over a time");
    }
  }
}
