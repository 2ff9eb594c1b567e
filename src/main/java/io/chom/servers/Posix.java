package io.chom.servers;

/** Puts text into a POSIX shell's command line so that the shell sees exactly this text, as one word. */
final class Posix {
  private Posix() {}

  /** Between single quotes a shell gives no character a meaning; only the quote itself needs to be outside of them. */
  static String quote(String text) {
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("No shell can hold a NUL character");
    }
    return "'" + text.replace("'", "'\\''") + "'";
  }
}
