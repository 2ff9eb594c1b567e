package io.chom.promql;

import io.chom.promql.Token.Kind;
import java.util.List;
import java.util.Locale;

/** The tokens of a text, with a finger on the next one. */
final class Tokens {
  private final String text;
  private final List<Token> all;
  private int next;

  Tokens(String text) {
    this.text = text;
    this.all = Lexer.tokens(text);
  }

  Token peek() {
    return all.get(next);
  }

  /** The one after the next. */
  Token second() {
    return all.get(Math.min(next + 1, all.size() - 1));
  }

  boolean at(Kind kind) {
    return peek().kind() == kind;
  }

  /** Whether the next is this keyword, however its letters are written. */
  boolean atWord(String keyword) {
    return isWord(peek(), keyword);
  }

  boolean isWord(Token token, String keyword) {
    return token.kind() == Kind.WORD && token.end() - token.start() == keyword.length()
        && text.regionMatches(true, token.start(), keyword, 0, keyword.length());
  }

  Token take() {
    Token token = all.get(next);
    if (token.kind() != Kind.END) {
      next++;
    }
    return token;
  }

  boolean took(Kind kind) {
    boolean there = at(kind);
    if (there) {
      take();
    }
    return there;
  }

  boolean tookWord(String keyword) {
    boolean there = atWord(keyword);
    if (there) {
      take();
    }
    return there;
  }

  Token expect(Kind kind, String advice) {
    if (!at(kind)) {
      throw unexpected(advice);
    }
    return take();
  }

  /** Where the last token that was taken ended. */
  int end() {
    return next == 0 ? 0 : all.get(next - 1).end();
  }

  String word(Token token) {
    return text.substring(token.start(), token.end());
  }

  String lower(Token token) {
    return word(token).toLowerCase(Locale.ROOT);
  }

  /** The text in quotes. */
  String value(Token token) {
    return Strings.value(text, token.start(), token.end());
  }

  PromqlRefused unexpected(String advice) {
    Token token = peek();
    String reason = token.kind() == Kind.END
        ? "the expression ends too early"
        : "“" + Strings.shortened(word(token))
            + "” does not fit here";
    return refused(token.start(), reason, advice);
  }

  PromqlRefused refused(int position, String reason, String advice) {
    return PromqlRefused.at(text, position, reason, advice);
  }
}
