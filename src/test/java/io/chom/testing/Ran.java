package io.chom.testing;

/** A program that has ended, and what it said. */
public record Ran(String command, int exit, String output, String errors) {

  public boolean ok() {
    return exit == 0;
  }

  /** Its output, without the last line's end; a failed program fails the test with all it said. */
  public String text() {
    if (!ok()) {
      throw new AssertionError("'%s' ended with %d%n%s%n%s".formatted(command, exit, output, errors));
    }
    return output.stripTrailing();
  }
}
