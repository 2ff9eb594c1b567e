package io.chom.operations;

/** What an operation does, named by the room that carries it out, such as {@code site.create}. */
public record OperationType(String value) {
  @Override
  public String toString() {
    return value;
  }
}
