package io.chom.promql;

import io.chom.promql.Expr.Matcher;
import io.chom.promql.Expr.Selector;
import io.chom.promql.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads selectors, in the one place where they come into being: whatever is not in this list reads no series. */
final class Selectors {
  static final String NAME = "__name__";
  private static final String BRACES = "in braces write label=\"value\", separated by commas";

  private final Tokens tokens;
  private final List<Selector> all = new ArrayList<>();

  Selectors(Tokens tokens) {
    this.tokens = tokens;
  }

  List<Selector> all() {
    return List.copyOf(all);
  }

  Selector read() {
    int start = tokens.peek().start();
    String metric = tokens.at(Kind.WORD) ? tokens.word(tokens.take()) : null;
    int brace = -1;
    List<Matcher> matchers = List.of();
    if (tokens.at(Kind.OPEN_BRACE)) {
      brace = tokens.peek().start();
      matchers = matchers();
    }
    var selector = new Selector(start, tokens.end(), metric, matchers, brace);
    check(selector, metric);
    all.add(selector);
    return selector;
  }

  private List<Matcher> matchers() {
    tokens.take();
    var matchers = new ArrayList<Matcher>();
    while (!tokens.at(Kind.CLOSE_BRACE)) {
      matchers.add(matcher());
      if (!tokens.took(Kind.COMMA)) {
        break;
      }
    }
    tokens.expect(Kind.CLOSE_BRACE, BRACES);
    return List.copyOf(matchers);
  }

  private Matcher matcher() {
    boolean quoted = tokens.at(Kind.STRING);
    Token label = quoted ? tokens.take() : tokens.expect(Kind.WORD, BRACES);
    String name = quoted ? tokens.value(label) : tokens.word(label);
    if (quoted && (tokens.at(Kind.COMMA) || tokens.at(Kind.CLOSE_BRACE))) {
      return new Matcher(NAME, "=", name);
    }
    Token operator = tokens.peek();
    switch (operator.kind()) {
      case EQUAL, UNEQUAL, MATCHES, MATCHES_NOT -> tokens.take();
      default -> throw tokens.unexpected("after a label write =, !=, =~ or !~");
    }
    Token value = tokens.expect(Kind.STRING, "the value of a label stands in quotes");
    return new Matcher(name, operator.kind().text(), tokens.value(value));
  }

  private void check(Selector selector, @Nullable String metric) {
    if (metric != null) {
      if (selector.matchers().stream().anyMatch(one -> one.label().equals(NAME))) {
        throw tokens.refused(selector.brace(), "the metric has two names", "name it before the braces or within them");
      }
    } else if (selector.matchers().stream().allMatch(Matcher::takesEmpty)) {
      throw tokens.refused(selector.start(), "this chooses every series",
          "name a metric, or one label with a value that is not empty");
    }
  }
}
