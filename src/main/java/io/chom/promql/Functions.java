package io.chom.promql;

import static io.chom.promql.ValueType.RANGE;
import static io.chom.promql.ValueType.SCALAR;
import static io.chom.promql.ValueType.STRING;
import static io.chom.promql.ValueType.VECTOR;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The functions and aggregations that CHOM lets through: those that Prometheus has without switching experiments on. */
final class Functions {
  /**
   * What a function takes.
   *
   * @param least how many arguments must be there
   * @param most how many may be
   */
  record Signature(List<ValueType> takes, int least, int most, ValueType answers) {
    ValueType type(int argument) {
      return takes.get(Math.min(argument, takes.size() - 1));
    }
  }

  /** Aggregations and what stands before the vector, if something does. */
  static final Map<String, List<ValueType>> AGGREGATIONS = aggregations();
  static final Map<String, Signature> ALL = all();
  /** Those that another version or switch of Prometheus knows. */
  static final Set<String> EXPERIMENTAL = Set.of("double_exponential_smoothing", "end", "histogram_quantiles",
      "integral",
      "limit_ratio", "limitk", "mad_over_time", "range", "sort_by_label", "sort_by_label_desc", "start", "step",
      "ts_of_first_over_time", "ts_of_last_over_time", "ts_of_max_over_time", "ts_of_min_over_time");

  private Functions() {}

  private static Map<String, List<ValueType>> aggregations() {
    var all = new TreeMap<String, List<ValueType>>();
    for (String name : "avg count group max min stddev stdvar sum".split(" ")) {
      all.put(name, List.of(VECTOR));
    }
    for (String name : "bottomk quantile topk".split(" ")) {
      all.put(name, List.of(SCALAR, VECTOR));
    }
    all.put("count_values", List.of(STRING, VECTOR));
    return all;
  }

  private static Map<String, Signature> all() {
    var all = new TreeMap<String, Signature>();
    put(all, "abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor histogram_avg histogram_count"
        + " histogram_stddev histogram_stdvar histogram_sum ln log10 log2 rad sgn sin sinh sort sort_desc sqrt tan tanh"
        + " timestamp", VECTOR, VECTOR);
    put(all, "absent_over_time avg_over_time changes count_over_time delta deriv first_over_time idelta increase irate"
        + " last_over_time max_over_time min_over_time present_over_time rate resets stddev_over_time"
        + " stdvar_over_time sum_over_time", VECTOR, RANGE);
    put(all, "clamp", VECTOR, VECTOR, SCALAR, SCALAR);
    put(all, "clamp_max clamp_min", VECTOR, VECTOR, SCALAR);
    put(all, "histogram_fraction", VECTOR, SCALAR, SCALAR, VECTOR);
    put(all, "histogram_quantile", VECTOR, SCALAR, VECTOR);
    put(all, "label_replace", VECTOR, VECTOR, STRING, STRING, STRING, STRING);
    put(all, "pi time", SCALAR);
    put(all, "predict_linear", VECTOR, RANGE, SCALAR);
    put(all, "quantile_over_time", VECTOR, SCALAR, RANGE);
    put(all, "scalar", SCALAR, VECTOR);
    put(all, "vector", VECTOR, SCALAR);
    for (String name : "day_of_month day_of_week day_of_year days_in_month hour minute month year".split(" ")) {
      all.put(name, new Signature(List.of(VECTOR), 0, 1, VECTOR));
    }
    all.put("round", new Signature(List.of(VECTOR, SCALAR), 1, 2, VECTOR));
    all.put("label_join", new Signature(List.of(VECTOR, STRING, STRING, STRING), 3, Integer.MAX_VALUE, VECTOR));
    return all;
  }

  private static void put(Map<String, Signature> all, String names, ValueType answers, ValueType... takes) {
    for (String name : names.split(" ")) {
      all.put(name, new Signature(List.of(takes), takes.length, takes.length, answers));
    }
  }
}
