package io.chom.promql;

import io.chom.promql.Token.Kind;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts the text into tokens, as Prometheus does: in braces there are only labels, their operators and quoted texts, in
 * brackets only durations; a comment ends with its line everywhere.
 */
final class Lexer {
  private static final String SPELLING = "write an expression like sum(rate(requests_total{status=\"500\"}[5m]))";

  private final String text;
  private final List<Token> tokens = new ArrayList<>();
  private int at;
  private boolean inBraces;
  private boolean inBrackets;

  private Lexer(String text) {
    this.text = text;
  }

  static List<Token> tokens(String text) {
    var lexer = new Lexer(text);
    while (lexer.at < text.length()) {
      lexer.next();
    }
    lexer.tokens.add(new Token(Kind.END, text.length(), text.length()));
    return lexer.tokens;
  }

  private void next() {
    char c = text.charAt(at);
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      at++;
    } else if (c == '#') {
      skipComment();
    } else if (c == '"' || c == '\'' || c == '`') {
      add(Kind.STRING, Strings.end(text, at));
    } else if (letter(c)) {
      word();
    } else if (inBraces) {
      symbol(List.of(Kind.CLOSE_BRACE, Kind.COMMA, Kind.MATCHES, Kind.EQUAL, Kind.UNEQUAL, Kind.MATCHES_NOT));
    } else if (digit(peek(0)) || c == '.' && digit(peek(1))) {
      number();
    } else if (c == ':' && !inBrackets) {
      word();
    } else {
      symbol(OUTSIDE);
    }
  }

  // the longer one of two that begin alike comes first
  private static final List<Kind> OUTSIDE = List.of(Kind.OPEN, Kind.CLOSE, Kind.OPEN_BRACE, Kind.OPEN_BRACKET,
      Kind.CLOSE_BRACKET, Kind.COMMA, Kind.COLON, Kind.PLUS, Kind.MINUS, Kind.TIMES, Kind.DIVIDED, Kind.MODULO,
      Kind.POWER, Kind.AT, Kind.SAME, Kind.UNEQUAL, Kind.AT_MOST, Kind.TRIM_UPPER, Kind.LESS, Kind.AT_LEAST,
      Kind.TRIM_LOWER, Kind.MORE);

  private void skipComment() {
    while (at < text.length() && text.charAt(at) != '\n' && text.charAt(at) != '\r') {
      at++;
    }
  }

  private void word() {
    int end = at + 1;
    while (end < text.length() && (inWord(text.charAt(end)) || text.charAt(end) == ':' && !inBraces)) {
      end++;
    }
    boolean number = !inBraces && (same("nan", end) || same("inf", end));
    add(number ? Kind.NUMBER : Kind.WORD, end);
  }

  private boolean same(String word, int end) {
    return end - at == word.length() && text.regionMatches(true, at, word, 0, word.length());
  }

  private void number() {
    int end = Numerals.endOfNumber(text, at);
    if (end < text.length() && inWord(text.charAt(end))) {
      int duration = Numerals.endOfDuration(text, at);
      if (duration == at || duration < text.length() && inWord(text.charAt(duration))) {
        throw refused(at, "this is neither a number nor a duration",
            "durations are like 5m or 1h30m, largest unit first");
      }
      add(Kind.DURATION, duration);
    } else {
      add(Kind.NUMBER, end);
    }
  }

  private void symbol(List<Kind> allowed) {
    for (Kind kind : allowed) {
      if (text.startsWith(kind.text(), at)) {
        inBraces = kind == Kind.OPEN_BRACE || inBraces && kind != Kind.CLOSE_BRACE;
        inBrackets = kind == Kind.OPEN_BRACKET || inBrackets && kind != Kind.CLOSE_BRACKET;
        add(kind, at + kind.text().length());
        return;
      }
    }
    throw refused(at, Strings.shown(text, at) + " has no meaning here",
        inBraces ? "in braces write label=\"value\", separated by commas" : SPELLING);
  }

  private void add(Kind kind, int end) {
    tokens.add(new Token(kind, at, end));
    at = end;
  }

  private char peek(int ahead) {
    return at + ahead < text.length() ? text.charAt(at + ahead) : 0;
  }

  static boolean digit(char c) {
    return c >= '0' && c <= '9';
  }

  static boolean letter(char c) {
    return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_';
  }

  static boolean inWord(char c) {
    return letter(c) || digit(c);
  }

  private PromqlRefused refused(int position, String reason, String advice) {
    return PromqlRefused.at(text, position, reason, advice);
  }
}
