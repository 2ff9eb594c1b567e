package io.chom.promql;

import io.chom.promql.Expr.Binary;
import io.chom.promql.Functions.Signature;
import java.util.List;
import java.util.Set;

/** What may stand where. Each node is looked at once, when it is made: its parts have been already. */
final class Types {
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
  private static final Set<String> SETS = Set.of("and", "or", "unless");

  /**
   * What stands between an operator and its right side.
   *
   * @param on whether the labels are those to match on, not those to leave out
   * @param grouped whether one side may have many
   */
  record Matching(boolean bool, boolean on, List<String> labels, boolean grouped, List<String> include) {}

  private final Tokens tokens;

  Types(Tokens tokens) {
    this.tokens = tokens;
  }

  void expect(Expr expr, ValueType wanted, String where) {
    if (expr.type() != wanted) {
      throw tokens.refused(expr.start(), where + " needs " + wanted.words() + ", and this is " + expr.type().words(),
          hint(expr.type(), wanted));
    }
  }

  private static String hint(ValueType there, ValueType wanted) {
    if (wanted == ValueType.RANGE && there == ValueType.VECTOR) {
      return "put a while behind the selector, like [5m]";
    }
    if (wanted == ValueType.VECTOR && there == ValueType.RANGE) {
      return "take the brackets away, or put a function like rate(…) around it";
    }
    if (wanted == ValueType.VECTOR && there == ValueType.SCALAR) {
      return "vector(…) makes one of a number";
    }
    return wanted == ValueType.SCALAR && there == ValueType.VECTOR
        ? "scalar(…) makes a number of a single series"
        : "write " + wanted.words() + " here";
  }

  void arguments(Token name, List<Expr> arguments, Signature signature) {
    String function = tokens.word(name) + "()";
    if (arguments.size() < signature.least() || arguments.size() > signature.most()) {
      throw tokens.refused(name.start(), function + " does not take " + arguments.size() + " arguments",
          "it takes " + (signature.least() == signature.most()
              ? "" + signature.least()
              : signature.least() + (signature.most() == Integer.MAX_VALUE ? " or more" : " or " + signature.most())));
    }
    for (int i = 0; i < arguments.size(); i++) {
      expect(arguments.get(i), signature.type(i), function);
    }
  }

  Binary binary(Token operator, Matching matching, Expr left, Expr right) {
    String sign = operator.kind() == Token.Kind.WORD ? tokens.lower(operator) : operator.kind().text();
    side(left);
    side(right);
    boolean scalars = left.type() == ValueType.SCALAR && right.type() == ValueType.SCALAR;
    boolean vectors = left.type() == ValueType.VECTOR && right.type() == ValueType.VECTOR;
    if (matching.bool() && !COMPARISONS.contains(sign)) {
      throw at(operator, "bool belongs behind comparisons only", "take it away");
    }
    if (scalars && COMPARISONS.contains(sign) && !matching.bool()) {
      throw at(operator, "two numbers are compared", "write " + sign + " bool");
    }
    if (!vectors && !matching.labels().isEmpty()) {
      throw at(operator, "labels can be matched between two vectors only", "take on(…) or ignoring(…) away");
    }
    if (SETS.contains(sign)) {
      set(operator, sign, vectors, matching);
    }
    if (matching.on() && matching.labels().stream().anyMatch(matching.include()::contains)) {
      throw at(operator, "a label is matched on and brought along at once", "name it in one of both places");
    }
    return new Binary(left.start(), right.end(), sign, left, right, scalars ? ValueType.SCALAR : ValueType.VECTOR);
  }

  private void set(Token operator, String sign, boolean vectors, Matching matching) {
    if (!vectors) {
      throw at(operator, sign + " works on vectors only", "vector(…) makes one of a number");
    }
    if (matching.grouped()) {
      throw at(operator, sign + " takes no group_left or group_right", "take it away");
    }
  }

  private void side(Expr expr) {
    if (expr.type() != ValueType.SCALAR && expr.type() != ValueType.VECTOR) {
      throw tokens.refused(expr.start(), "one cannot calculate with " + expr.type().words(),
          "put a function like rate(…) around a range vector; a text has no place here");
    }
  }

  /** Only numbers and vectors have a sign. */
  void signed(Expr expr) {
    side(expr);
  }

  private PromqlRefused at(Token token, String reason, String advice) {
    return tokens.refused(token.start(), reason, advice);
  }
}
