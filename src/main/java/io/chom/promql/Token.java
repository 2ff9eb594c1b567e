package io.chom.promql;

/** A piece of the text, from {@code start} up to {@code end}. */
record Token(Kind kind, int start, int end) {
  enum Kind {
    WORD, NUMBER, DURATION, STRING, OPEN("("), CLOSE(")"), OPEN_BRACE("{"), CLOSE_BRACE("}"), OPEN_BRACKET(
        "["), CLOSE_BRACKET("]"), COMMA(","), COLON(":"), PLUS("+"), MINUS("-"), TIMES("*"), DIVIDED("/"), MODULO(
            "%"), POWER("^"), AT("@"), EQUAL("="), SAME("=="), UNEQUAL("!="), MATCHES("=~"), MATCHES_NOT(
                "!~"), LESS("<"), AT_MOST("<="), MORE(">"), AT_LEAST(">="), TRIM_UPPER("</"), TRIM_LOWER(">/"), END;

    private final String text;

    Kind() {
      this("");
    }

    Kind(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }
  }
}
