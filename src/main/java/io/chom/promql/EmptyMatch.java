package io.chom.promql;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Whether a regular expression, which Prometheus anchors at both ends, matches the empty text. Looks at the outline only
 * and never runs it, so that no expression takes long; one that is malformed is left to Prometheus to refuse.
 */
final class EmptyMatch {
  /** One open group. */
  private static final class Group {
    // an earlier alternative matched it
    private boolean before;
    // this alternative does, so far and with its last piece
    private boolean sofar = true;
    private boolean last = true;

    private void piece(boolean empty) {
      sofar &= last;
      last = empty;
    }

    private void alternative() {
      before |= sofar && last;
      sofar = true;
      last = true;
    }

    private boolean matches() {
      return before || sofar && last;
    }
  }

  private final String pattern;
  private final Deque<Group> open = new ArrayDeque<>();
  private int at;

  private EmptyMatch(String pattern) {
    this.pattern = pattern;
    open.push(new Group());
  }

  static boolean of(String pattern) {
    return new EmptyMatch(pattern).matches();
  }

  private boolean matches() {
    while (at < pattern.length()) {
      step(pattern.charAt(at++));
    }
    while (open.size() > 1) {
      close();
    }
    return top().matches();
  }

  private Group top() {
    return open.element();
  }

  private void step(char c) {
    switch (c) {
      case '(' -> open();
      case ')' -> close();
      case '|' -> top().alternative();
      case '*', '?' -> top().last = true;
      case '+' -> {
        // once or more: as the piece itself
      }
      case '^', '$' -> top().piece(true);
      case '{' -> repeat();
      case '[' -> charClass();
      case '\\' -> escape();
      default -> {
        at += Character.isHighSurrogate(c) ? 1 : 0;
        top().piece(false);
      }
    }
  }

  private void open() {
    if (pattern.startsWith("?", at)) {
      int flags = at + 1;
      boolean named = pattern.startsWith("<", flags) || pattern.startsWith("P<", flags);
      while (flags < pattern.length()
          && (named ? pattern.charAt(flags) != '>' : ":)".indexOf(pattern.charAt(flags)) < 0)) {
        flags++;
      }
      if (flags < pattern.length() && pattern.charAt(flags) == ')') {
        top().piece(true);
        at = flags + 1;
        return;
      }
      at = Math.min(flags + 1, pattern.length());
    }
    open.push(new Group());
  }

  private void close() {
    if (open.size() > 1) {
      boolean matched = open.pop().matches();
      top().piece(matched);
    }
  }

  private void repeat() {
    int end = pattern.indexOf('}', at);
    if (end > at && pattern.substring(at, end).matches("\\d+(,\\d*)?")) {
      String least = pattern.substring(at, end).split(",", 2)[0];
      top().last |= least.chars().allMatch(c -> c == '0');
      at = end + 1;
    } else {
      top().piece(false);
    }
  }

  private void charClass() {
    at += pattern.startsWith("^", at) ? 1 : 0;
    // a bracket that comes first stands for itself
    at += pattern.startsWith("]", at) ? 1 : 0;
    while (at < pattern.length() && pattern.charAt(at) != ']') {
      if (pattern.startsWith("[:", at) && pattern.indexOf(":]", at) > 0) {
        at = pattern.indexOf(":]", at) + 2;
      } else {
        at += pattern.charAt(at) == '\\' ? 2 : 1;
      }
    }
    at++;
    top().piece(false);
  }

  private void escape() {
    char c = at < pattern.length() ? pattern.charAt(at++) : 0;
    if (c == 'Q') {
      int end = pattern.indexOf("\\E", at);
      int quoted = (end < 0 ? pattern.length() : end) - at;
      if (quoted > 0) {
        top().piece(false);
      }
      at = end < 0 ? pattern.length() : end + 2;
    } else if ((c == 'p' || c == 'P' || c == 'x') && pattern.startsWith("{", at)) {
      int end = pattern.indexOf('}', at);
      at = end < 0 ? pattern.length() : end + 1;
      top().piece(false);
    } else {
      top().piece(c == 'A' || c == 'z' || c == 'B');
    }
  }
}
