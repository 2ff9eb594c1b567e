package io.chom.promql;

import java.util.Collections;
import java.util.List;
import java.util.SequencedMap;

/** What came of one question. */
public sealed interface Answer {
  /**
   * What Prometheus knows; no curve where nothing matches.
   *
   * @param warnings what Prometheus thinks is doubtful about the question or the answer
   */
  record Curves(List<Curve> curves, List<String> warnings) implements Answer {}

  /**
   * Nothing can be said.
   *
   * @param detail why, in Prometheus' words where it said something; of no other tenant and without addresses
   */
  record Missing(Reason reason, String detail) implements Answer {}

  /** One series. A question about one moment gets one point each, or those of a range selector. */
  record Curve(SequencedMap<String, String> labels, List<Point> points) {
    public Curve {
      labels = Collections.unmodifiableSequencedMap(labels);
    }

    /** The value of this label; empty where it has none, as for Prometheus. */
    public String label(String name) {
      return labels.getOrDefault(name, "");
    }
  }

  /** @param time in seconds since 1970 */
  record Point(double time, double value) {}

  /** Why there is no answer. */
  enum Reason {
    /** No Prometheus is set up. */
    NOT_SET_UP,
    /** It is not reached, or lately was not. */
    AWAY,
    /** It has not answered in time. */
    TOO_SLOW,
    /** Its answer is larger than is taken. */
    TOO_MUCH,
    /** It did not want to answer this. */
    REFUSED,
    /** It answered something that is no answer. */
    UNREADABLE
  }
}
