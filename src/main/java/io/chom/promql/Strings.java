package io.chom.promql;

/** Quoted texts: with escapes as in Go between {@code "} or {@code '}, without any between back-ticks. */
final class Strings {
  private static final String SIMPLE = "abfnrtv\\";
  private static final String MEANT = "\u0007\b\f\n\r\t\u000b\\";

  private Strings() {}

  /** Where the text that begins here ends, past its last quote. */
  static int end(String text, int start) {
    char quote = text.charAt(start);
    int at = start + 1;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == quote) {
        return at + 1;
      }
      if (c == '\n' && quote != '`') {
        break;
      }
      if (broken(text, at)) {
        throw PromqlRefused.at(text, at, "this character is not valid text", "take it out, or write it as an escape");
      }
      at = c == '\\' && quote != '`' ? escapeEnd(text, at, quote) : at + 1;
    }
    throw PromqlRefused.at(text, start, "this quoted text does not end", "close it with " + quote);
  }

  // half of a surrogate pair, or what stands where something unreadable was
  private static boolean broken(String text, int at) {
    char c = text.charAt(at);
    if (c == '\ufffd') {
      return true;
    }
    if (Character.isLowSurrogate(c)) {
      return !Character.isHighSurrogate(text.charAt(at - 1));
    }
    return Character.isHighSurrogate(c)
        && (at + 1 == text.length() || !Character.isLowSurrogate(text.charAt(at + 1)));
  }

  private static int escapeEnd(String text, int at, char quote) {
    char kind = at + 1 < text.length() ? text.charAt(at + 1) : 0;
    if (kind == quote || kind != 0 && SIMPLE.indexOf(kind) >= 0) {
      return at + 2;
    }
    int from = kind >= '0' && kind <= '7' ? at + 1 : at + 2;
    int end = from + length(kind);
    int point = end > from && end <= text.length() ? point(text, from, end, from == at + 1 ? 8 : 16) : -1;
    if (point < 0 || point > (length(kind) <= 3 ? 255 : Character.MAX_CODE_POINT)
        || point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE) {
      throw PromqlRefused.at(text, at, "there is no such escape", "write a backslash as \\\\");
    }
    return end;
  }

  private static int length(char kind) {
    return switch (kind) {
      case '0', '1', '2', '3', '4', '5', '6', '7' -> 3;
      case 'x' -> 2;
      case 'u' -> 4;
      case 'U' -> 8;
      default -> 0;
    };
  }

  private static int point(String text, int from, int end, int base) {
    long point = 0;
    for (int i = from; i < end; i++) {
      int digit = text.charAt(i) < 128 ? Character.digit(text.charAt(i), base) : -1;
      if (digit < 0) {
        return -1;
      }
      point = point * base + digit;
    }
    return point > Character.MAX_CODE_POINT ? -1 : (int) point;
  }

  /** What a whole quoted text means. A byte that an escape names becomes the character of that number. */
  static String value(String text, int start, int end) {
    String inside = text.substring(start + 1, end - 1);
    char quote = text.charAt(start);
    if (quote == '`' || inside.indexOf('\\') < 0) {
      return inside;
    }
    var value = new StringBuilder();
    int at = start + 1;
    while (at < end - 1) {
      if (text.charAt(at) != '\\') {
        value.append(text.charAt(at++));
        continue;
      }
      int next = escapeEnd(text, at, quote);
      char kind = text.charAt(at + 1);
      int simple = SIMPLE.indexOf(kind);
      if (kind == quote) {
        value.append(quote);
      } else if (simple >= 0) {
        value.append(MEANT.charAt(simple));
      } else {
        boolean octal = Lexer.digit(kind);
        value.appendCodePoint(point(text, octal ? at + 1 : at + 2, next, octal ? 8 : 16));
      }
      at = next;
    }
    return value.toString();
  }

  /** Between double quotes, so that it means exactly this text. */
  static String quoted(String value) {
    var quoted = new StringBuilder("\"");
    value.codePoints().forEach(c -> {
      if (c == '"' || c == '\\') {
        quoted.append('\\').appendCodePoint(c);
      } else if (c < ' ' || c == 0x7f || c == '\ufffd') {
        quoted.append("\\u%04x".formatted(c));
      } else {
        quoted.appendCodePoint(c);
      }
    });
    return quoted.append('"').toString();
  }

  /** One character of the text for a sentence. */
  static String shown(String text, int at) {
    int c = text.codePointAt(at);
    return Character.isISOControl(c) || Character.isSurrogate((char) c) && c < 0x10000
        ? "the character U+%04X".formatted(c)
        : "“" + Character.toString(c) + "”";
  }

  /** The beginning of a long word for a sentence. */
  static String shortened(String word) {
    return word.codePointCount(0, word.length()) <= 40
        ? word
        : word.substring(0, word.offsetByCodePoints(0, 40)) + "…";
  }
}
