package io.chom.promql;

/** What an expression answers. */
public enum ValueType {
  SCALAR("a number"), VECTOR("an instant vector"), RANGE("a range vector"), STRING("a string");

  private final String words;

  ValueType(String words) {
    this.words = words;
  }

  /** Its name in a sentence. */
  String words() {
    return words;
  }
}
