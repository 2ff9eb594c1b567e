package io.chom.promql;

import io.chom.promql.Token.Kind;
import io.chom.promql.Types.Matching;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;

/** Reads an expression by recursive descent; how deep that goes is counted before each step down. */
final class Parser {
  private static final int DEEPEST = 200;
  private static final int LOOSEST = 1;
  private static final int POWER = 6;
  private static final String OPERAND = "a metric, a number, a function or an expression in parentheses belongs here";

  private final Tokens tokens;
  private final Selectors selectors;
  private final Types types;
  private final Postfixes postfixes;
  private final SortedSet<String> functions = new TreeSet<>();
  private int depth;

  private Parser(Tokens tokens) {
    this.tokens = tokens;
    this.selectors = new Selectors(tokens);
    this.types = new Types(tokens);
    this.postfixes = new Postfixes(tokens, types);
  }

  static Query parse(String text) {
    var parser = new Parser(new Tokens(text));
    Expr root = parser.binary(LOOSEST);
    if (!parser.tokens.at(Kind.END)) {
      throw parser.tokens.unexpected("the expression could end here; take the rest away, or put an operator between");
    }
    return new Query(text, root, parser.selectors.all(), parser.functions);
  }

  private Expr deeper(int weakest) {
    if (++depth > DEEPEST) {
      throw tokens.refused(tokens.peek().start(), "this is nested more than " + DEEPEST + " times", "make it simpler");
    }
    Expr expr = binary(weakest);
    depth--;
    return expr;
  }

  private Expr binary(int weakest) {
    Expr left = signed();
    int strength = strength();
    while (strength >= weakest) {
      Token operator = tokens.take();
      Matching matching = matching();
      Expr right = strength == POWER ? deeper(POWER) : binary(strength + 1);
      left = types.binary(operator, matching, left, right);
      strength = strength();
    }
    return left;
  }

  /** How tightly the operator that comes next binds; 0 where none comes. */
  private int strength() {
    return switch (tokens.peek().kind()) {
      case SAME, UNEQUAL, LESS, AT_MOST, MORE, AT_LEAST, TRIM_UPPER, TRIM_LOWER -> 3;
      case PLUS, MINUS -> 4;
      case TIMES, DIVIDED, MODULO -> 5;
      case POWER -> POWER;
      case WORD -> switch (tokens.lower(tokens.peek())) {
        case "or" -> 1;
        case "and", "unless" -> 2;
        case "atan2" -> 5;
        default -> 0;
      };
      default -> 0;
    };
  }

  private Matching matching() {
    boolean bool = tokens.tookWord("bool");
    boolean on = tokens.atWord("on");
    if (!on && !tokens.atWord("ignoring")) {
      return new Matching(bool, false, List.of(), false, List.of());
    }
    tokens.take();
    List<String> labels = labels();
    boolean grouped = tokens.tookWord("group_left") || tokens.tookWord("group_right");
    return new Matching(bool, on, labels, grouped, grouped && tokens.at(Kind.OPEN) ? labels() : List.of());
  }

  private List<String> labels() {
    var labels = new ArrayList<String>();
    tokens.expect(Kind.OPEN, "labels stand in parentheses, like (job, instance)");
    while (!tokens.at(Kind.CLOSE)) {
      labels.add(label());
      if (!tokens.took(Kind.COMMA)) {
        break;
      }
    }
    tokens.expect(Kind.CLOSE, "labels are separated by commas, and the parenthesis is closed behind the last");
    return labels;
  }

  private String label() {
    if (tokens.at(Kind.STRING)) {
      return tokens.value(tokens.take());
    }
    if (!tokens.at(Kind.WORD) || tokens.word(tokens.peek()).indexOf(':') >= 0) {
      throw tokens.unexpected("the name of a label belongs here");
    }
    return tokens.word(tokens.take());
  }

  // a sign binds weaker than ^ and stronger than everything else
  private Expr signed() {
    if (!tokens.at(Kind.PLUS) && !tokens.at(Kind.MINUS)) {
      return postfixes.after(operand());
    }
    Token sign = tokens.take();
    Expr of = deeper(POWER);
    types.signed(of);
    return new Expr.Signed(sign.start(), of.end(), of, of.type());
  }

  private Expr operand() {
    Token token = tokens.peek();
    return switch (token.kind()) {
      case NUMBER, DURATION -> postfixes.numeral();
      case STRING -> new Expr.Text(token.start(), tokens.take().end(), tokens.value(token));
      case OPEN -> grouped();
      case OPEN_BRACE -> selectors.read();
      case WORD -> named(token);
      default -> throw tokens.unexpected(OPERAND);
    };
  }

  private Expr grouped() {
    Token open = tokens.take();
    Expr of = deeper(LOOSEST);
    tokens.expect(Kind.CLOSE, "close the parenthesis");
    return new Expr.Grouped(open.start(), tokens.end(), of, of.type());
  }

  private Expr named(Token name) {
    Token behind = tokens.second();
    String lower = tokens.lower(name);
    if (Functions.AGGREGATIONS.containsKey(lower)
        && (behind.kind() == Kind.OPEN || tokens.isWord(behind, "by") || tokens.isWord(behind, "without"))) {
      return aggregation(lower);
    }
    if (behind.kind() == Kind.OPEN) {
      return call();
    }
    return switch (lower) {
      case "bool", "on", "ignoring", "group_left", "group_right", "atan2" -> throw tokens.unexpected(OPERAND);
      default -> selectors.read();
    };
  }

  private Expr aggregation(String operator) {
    Token name = tokens.take();
    boolean before = tookGrouping();
    List<Expr> arguments = arguments();
    if (!before) {
      tookGrouping();
    }
    List<ValueType> takes = Functions.AGGREGATIONS.getOrDefault(operator, List.of());
    types.arguments(name, arguments,
        new Functions.Signature(takes, takes.size(), takes.size(), ValueType.VECTOR));
    functions.add(operator);
    return new Expr.Aggregation(name.start(), tokens.end(), operator, arguments);
  }

  private boolean tookGrouping() {
    boolean there = tokens.tookWord("by") || tokens.tookWord("without");
    if (there) {
      labels();
    }
    return there;
  }

  private Expr call() {
    Token name = tokens.take();
    String function = tokens.word(name);
    var signature = Functions.ALL.get(function);
    if (signature == null) {
      throw unknown(name, function);
    }
    List<Expr> arguments = arguments();
    types.arguments(name, arguments, signature);
    functions.add(function);
    return new Expr.Call(name.start(), tokens.end(), function, arguments, signature.answers());
  }

  private PromqlRefused unknown(Token name, String function) {
    if (function.equals("info")) {
      return tokens.refused(name.start(), "info() reads series that nobody named",
          "join them yourself: … * on(instance) group_left(version) target_info");
    }
    if (Functions.EXPERIMENTAL.contains(function.toLowerCase(Locale.ROOT))) {
      return tokens.refused(name.start(), function + "() is an experiment of Prometheus and not allowed here",
          "use a function that is not");
    }
    return tokens.refused(name.start(), "there is no function " + Strings.shortened(function) + "()",
        "look at its spelling; names of functions are written small");
  }

  private List<Expr> arguments() {
    tokens.expect(Kind.OPEN, "arguments stand in parentheses");
    var arguments = new ArrayList<Expr>();
    if (!tokens.at(Kind.CLOSE)) {
      do {
        arguments.add(deeper(LOOSEST));
      } while (tokens.took(Kind.COMMA));
    }
    tokens.expect(Kind.CLOSE, "arguments are separated by commas, and the parenthesis is closed behind the last");
    return List.copyOf(arguments);
  }
}
