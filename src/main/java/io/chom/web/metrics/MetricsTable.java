package io.chom.web.metrics;

import io.chom.metrics.Board.Line;
import io.chom.metrics.Board.Panel;
import io.chom.metrics.BoardRange;
import java.util.stream.Collectors;

/** A panel's values as comma-separated text, in which no spreadsheet finds a formula. */
final class MetricsTable {
  private static final String END = "\r\n";

  private MetricsTable() {}

  static String text(Panel panel, BoardRange range) {
    var lines = panel.lines();
    var text = new StringBuilder("time").append(columns(panel)).append(END);
    int rows = lines.stream().mapToInt(line -> line.values().size()).max().orElse(0);
    for (int row = 0; row < rows; row++) {
      text.append(panel.from().plus(range.step().multipliedBy(row)));
      for (var line : lines) {
        var value = line.values().get(row);
        text.append(',').append(value == null ? "" : value.toString());
      }
      text.append(END);
    }
    return text.toString();
  }

  private static String columns(Panel panel) {
    return panel.lines().stream().map(line -> "," + cell(name(panel, line))).collect(Collectors.joining());
  }

  private static String name(Panel panel, Line line) {
    return line.name().isEmpty() ? MetricsPages.word(panel.kind()) : line.name();
  }

  static String cell(String text) {
    boolean formula = !text.isEmpty() && "=+-@\t\r\n".indexOf(text.charAt(0)) >= 0;
    return '"' + (formula ? "'" : "") + text.replace("\"", "\"\"") + '"';
  }
}
