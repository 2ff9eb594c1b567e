package io.chom.promql;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One node of an expression, and where it stands in the text: from {@code start}, up to {@code end}. */
public sealed interface Expr {
  int start();

  int end();

  ValueType type();

  /** A number, or a duration that stands for its seconds. */
  record Numeral(int start, int end, double value) implements Expr {
    @Override
    public ValueType type() {
      return ValueType.SCALAR;
    }
  }

  /** A quoted text. */
  record Text(int start, int end, String value) implements Expr {
    @Override
    public ValueType type() {
      return ValueType.STRING;
    }
  }

  /** One condition on a label. */
  record Matcher(String label, String operator, String value) {
    boolean takesEmpty() {
      return switch (operator) {
        case "=" -> value.isEmpty();
        case "!=" -> !value.isEmpty();
        case "=~" -> EmptyMatch.of(value);
        default -> !EmptyMatch.of(value);
      };
    }
  }

  /**
   * Chooses series: the only kind of node that reads any.
   *
   * @param metric the name before or within the braces, if there is one
   * @param brace where the opening brace is, or -1
   */
  record Selector(int start, int end, @Nullable String metric, List<Matcher> matchers, int brace) implements Expr {
    @Override
    public ValueType type() {
      return ValueType.VECTOR;
    }
  }

  /** A selector over a while. */
  record Range(int start, int end, Selector of) implements Expr {
    @Override
    public ValueType type() {
      return ValueType.RANGE;
    }
  }

  /** An expression asked again and again over a while. */
  record Subquery(int start, int end, Expr of) implements Expr {
    @Override
    public ValueType type() {
      return ValueType.RANGE;
    }
  }

  /** A function of its arguments. */
  record Call(int start, int end, String function, List<Expr> arguments, ValueType type) implements Expr {}

  /** Many series made into few. */
  record Aggregation(int start, int end, String operator, List<Expr> arguments) implements Expr {
    @Override
    public ValueType type() {
      return ValueType.VECTOR;
    }
  }

  /** Two expressions and what is between them. */
  record Binary(int start, int end, String operator, Expr left, Expr right, ValueType type) implements Expr {}

  /** A sign before an expression. */
  record Signed(int start, int end, Expr of, ValueType type) implements Expr {}

  /** An expression in parentheses. */
  record Grouped(int start, int end, Expr of, ValueType type) implements Expr {}
}
