package io.chom.promql;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** Series for the selectors of many expressions: two tenants have the same names and labels, and different values. */
final class TwoTenants {
  private static final int SECONDS = 1_800;
  private static final int STEP = 15;
  private static final int MOST_SERIES = 12;

  private final SortedMap<String, Set<String>> series = new TreeMap<>();

  /** Makes what this selector would find. */
  void add(Expr.Selector selector) {
    var labels = new TreeMap<String, String>(Map.of("instance", "one"));
    String name = selector.metric();
    for (var matcher : selector.matchers()) {
      String value = matcher.operator().equals("=~") ? sample(matcher.value()) : matcher.value();
      boolean positive = matcher.operator().startsWith("=");
      if (matcher.label().equals(Selectors.NAME)) {
        name = positive ? value : name;
      } else if (positive && !value.isEmpty()) {
        labels.put(matcher.label(), value);
      }
    }
    if (name != null && name.matches("[a-zA-Z_:][a-zA-Z0-9_:]*") && labels.keySet().stream().allMatch(this::plain)) {
      for (String le : name.endsWith("_bucket") ? List.of("0.1", "1", "+Inf") : List.of("")) {
        put(name, labels, le);
      }
    }
  }

  private boolean plain(String label) {
    return label.matches("[a-zA-Z_][a-zA-Z0-9_]*") && !label.equals("tenant_id");
  }

  private void put(String name, SortedMap<String, String> labels, String le) {
    var all = new TreeMap<>(labels);
    if (!le.isEmpty()) {
      all.put("le", le);
    }
    var text = new ArrayList<String>();
    all.forEach((label, value) -> text.add(label + "=\"" + value.replace("\\", "\\\\").replace("\"", "\\\"")
        .replace("\n", "\\n") + "\""));
    var known = series.computeIfAbsent(name, _ -> new LinkedHashSet<>());
    if (known.size() < MOST_SERIES) {
      known.add(String.join(",", text));
    }
  }

  // one word that a plain expression matches
  private static String sample(String pattern) {
    String first = pattern.split("\\|", 2)[0].replaceAll("[()^$?]", "").replaceAll("\\.[*+]", "x");
    return first.isEmpty() ? "x" : first;
  }

  /** The samples of these tenants. What is B's alone has a label more. */
  String samples(String... tenants) {
    var text = new StringBuilder();
    series.forEach((name, all) -> {
      for (String tenant : tenants) {
        int number = 1;
        for (String labels : all) {
          write(text, name, "tenant_id=\"" + tenant + "\"," + labels, tenant, number++);
        }
        if (tenant.equals("B")) {
          write(text, name, "tenant_id=\"B\",instance=\"only-b\"", tenant, number);
        }
      }
    });
    return text.append("# EOF\n").toString();
  }

  private static void write(StringBuilder text, String name, String labels, String tenant, int number) {
    for (int second = 0; second <= SECONDS; second += STEP) {
      long value = (tenant.equals("A") ? 0 : 1_000_000) + number * 100L + (long) number * second / STEP;
      text.append(name).append('{').append(labels).append("} ").append(value).append(' ').append(second).append('\n');
    }
  }
}
