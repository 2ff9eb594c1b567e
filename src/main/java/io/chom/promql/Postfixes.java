package io.chom.promql;

import io.chom.promql.Token.Kind;

/** Reads what stands behind an expression: a while in brackets, a shift in time, a fixed time; and durations there. */
final class Postfixes {
  private static final String DURATION = "a duration like 5m belongs here";
  private static final double LAST_MOMENT = 9.223372036854775807e18;

  private final Tokens tokens;
  private final Types types;

  Postfixes(Tokens tokens, Types types) {
    this.tokens = tokens;
    this.types = types;
  }

  Expr after(Expr expr) {
    Expr whole = expr;
    boolean shifted = false;
    boolean fixed = false;
    while (true) {
      if (tokens.at(Kind.OPEN_BRACKET)) {
        whole = bracket(whole, shifted || fixed);
        shifted = whole instanceof Expr.Range && shifted;
        fixed = whole instanceof Expr.Range && fixed;
      } else if (tokens.atWord("offset")) {
        movable(whole, shifted, "offset");
        offset();
        shifted = true;
      } else if (tokens.at(Kind.AT)) {
        movable(whole, fixed, "@");
        moment();
        fixed = true;
      } else {
        return whole;
      }
    }
  }

  private Expr bracket(Expr of, boolean moved) {
    Token open = tokens.take();
    span();
    if (tokens.took(Kind.COLON)) {
      if (!tokens.at(Kind.CLOSE_BRACKET)) {
        span();
      }
      tokens.expect(Kind.CLOSE_BRACKET, "close the bracket");
      types.expect(of, ValueType.VECTOR, "[…:…]");
      return new Expr.Subquery(of.start(), tokens.end(), of);
    }
    tokens.expect(Kind.CLOSE_BRACKET, "close the bracket, or write a colon and a step: [1h:5m]");
    if (!(of instanceof Expr.Selector selector)) {
      throw tokens.refused(open.start(), "only a selector has a while of its own", "write a step too: [5m:1m]");
    }
    if (moved) {
      throw tokens.refused(open.start(), "offset and @ stand behind the brackets", "write them after [5m]");
    }
    return new Expr.Range(of.start(), tokens.end(), selector);
  }

  private void span() {
    if (duration() <= 0) {
      throw tokens.refused(tokens.end() - 1, "a while must be longer than nothing", DURATION);
    }
  }

  private double duration() {
    Token token = tokens.peek();
    double seconds = switch (token.kind()) {
      case DURATION -> Numerals.seconds(tokens.word(tokens.take()));
      case NUMBER -> Numerals.number(tokens.word(tokens.take()));
      default -> throw tokens.unexpected(DURATION);
    };
    if (!Numerals.fits(seconds)) {
      throw tokens.refused(token.start(), "this is no duration, or one of centuries", DURATION);
    }
    return seconds;
  }

  private void movable(Expr expr, boolean already, String what) {
    if (!(expr instanceof Expr.Selector || expr instanceof Expr.Range || expr instanceof Expr.Subquery)) {
      throw tokens.unexpected(what + " stands directly behind a selector or its brackets");
    }
    if (already) {
      throw tokens.unexpected(what + " may be there once only");
    }
  }

  private void offset() {
    tokens.take();
    boolean sign = tokens.took(Kind.PLUS) || tokens.took(Kind.MINUS);
    boolean open = sign && tokens.took(Kind.OPEN);
    duration();
    if (open) {
      tokens.expect(Kind.CLOSE, "close the parenthesis");
    }
  }

  private void moment() {
    tokens.take();
    if (tokens.atWord("start") || tokens.atWord("end")) {
      tokens.take();
      tokens.expect(Kind.OPEN, "write start() or end()");
      tokens.expect(Kind.CLOSE, "write start() or end()");
      return;
    }
    if (!tokens.took(Kind.MINUS)) {
      tokens.took(Kind.PLUS);
    }
    Token token = tokens.peek();
    if (!(Math.abs(value()) < LAST_MOMENT)) {
      throw tokens.refused(token.start(), "this is no time", "write seconds since 1970, start() or end()");
    }
  }

  private double value() {
    Token token = tokens.peek();
    return switch (token.kind()) {
      case DURATION -> Numerals.seconds(tokens.word(tokens.take()));
      case NUMBER -> Numerals.number(tokens.word(tokens.take()));
      default -> throw tokens.unexpected("a time belongs here: seconds since 1970, start() or end()");
    };
  }

  /** A number in a calculation. */
  Expr numeral() {
    Token token = tokens.peek();
    String word = tokens.word(token);
    double value = value();
    if (!Double.isFinite(value) && !Lexer.letter(word.charAt(0))) {
      throw tokens.refused(token.start(), "this number cannot be read", "write it shorter, with digits only");
    }
    return new Expr.Numeral(token.start(), token.end(), value);
  }
}
