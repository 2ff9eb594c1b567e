package io.chom.metrics;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** Series in the text format of Prometheus: by name, each once, and never more than so many. */
final class Exposition {
  private final Map<String, Family> families = new LinkedHashMap<>();
  private final int most;
  private int size;
  private boolean truncated;

  Exposition(int most) {
    this.most = most;
  }

  private record Family(String type, Map<String, String> samples) {}

  void add(String family, String type, String suffix, Map<String, String> labels, String value) {
    if (size >= most) {
      truncated = true;
      return;
    }
    var text = labels.entrySet().stream().map(label -> label.getKey() + "=\"" + escaped(label.getValue()) + "\"")
        .collect(Collectors.joining(","));
    if (families.computeIfAbsent(family, _ -> new Family(type, new LinkedHashMap<>())).samples()
        .putIfAbsent(family + suffix + (text.isEmpty() ? "" : "{" + text + "}"), value) == null) {
      size++;
    }
  }

  void counter(String name, Map<String, String> labels, long value) {
    add(name, "counter", "", labels, "" + value);
  }

  void gauge(String name, Map<String, String> labels, long value) {
    add(name, "gauge", "", labels, "" + value);
  }

  /** Something was left out. */
  void truncated() {
    truncated = true;
  }

  String text() {
    var text = new StringBuilder();
    families.forEach((name, family) -> {
      text.append("# TYPE ").append(name).append(' ').append(family.type()).append('\n');
      family.samples().forEach((series, value) -> text.append(series).append(' ').append(value).append('\n'));
    });
    return text.append("# TYPE chom_scrape_truncated gauge\nchom_scrape_truncated ").append(truncated ? 1 : 0)
        .append('\n').toString();
  }

  private static String escaped(String value) {
    return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }
}
