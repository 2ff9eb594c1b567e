package io.chom.promql;

import java.util.List;
import java.util.TreeSet;

/**
 * Reads PromQL with the rules and types of Prometheus, less what cannot be fenced: {@code info()}, experiments of
 * Prometheus and whatever else is not known here. {@code docs/metrics.md} says why.
 */
public final class Promql {
  /** The longest text that is read. */
  public static final int LONGEST = 8_192;

  private Promql() {}

  /** Reads an expression; refuses one that is wrong, with the place and the reason. */
  public static Query parse(String text) {
    if (text.length() > LONGEST) {
      throw PromqlRefused.at(text, LONGEST, "this is longer than " + LONGEST + " characters", "make it shorter");
    }
    return Parser.parse(text);
  }

  /** Every function and aggregation that may be used, to complete what somebody types. */
  public static List<String> functions() {
    var all = new TreeSet<>(Functions.ALL.keySet());
    all.addAll(Functions.AGGREGATIONS.keySet());
    return List.copyOf(all);
  }
}
