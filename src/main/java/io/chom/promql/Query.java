package io.chom.promql;

import java.util.List;
import java.util.SortedSet;
import java.util.stream.Stream;

/**
 * An expression that was read and understood.
 *
 * @param selectors every selector in it, in the order of the text
 * @param functions the functions and aggregations it uses
 */
public record Query(String text, Expr root, List<Expr.Selector> selectors, SortedSet<String> functions) {
  /** What the whole answers. A range vector cannot be drawn, only listed. */
  public ValueType type() {
    return root.type();
  }

  /** The names of metrics that it spells out. */
  public List<String> metrics() {
    return selectors.stream().flatMap(Query::names).distinct().sorted().toList();
  }

  private static Stream<String> names(Expr.Selector selector) {
    return Stream.concat(Stream.ofNullable(selector.metric()),
        selector.matchers().stream().filter(one -> one.label().equals(Selectors.NAME) && one.operator().equals("="))
            .map(Expr.Matcher::value));
  }
}
