package io.chom.notifications;

import java.util.regex.Pattern;

/** Makes text that came from servers and customers fit to be sent: one line, of bounded length, without logins. */
final class PlainText {
  private static final Pattern CONTROL = Pattern.compile("[\\p{Cntrl}\\u2028\\u2029]+");
  /** Directions and joiners that make a text look like another one. */
  private static final Pattern HIDDEN = Pattern.compile("[\\p{Cf}\\p{Co}\\p{Cs}]");
  private static final Pattern LOGIN = Pattern.compile("(?i)\\b([a-z][a-z0-9+.-]*://)[^\\s/@]+@");
  private static final Pattern NAMED = Pattern.compile(
      "(?i)\\b([a-z_-]*(?:password|passwd|pwd|passphrase|secret|token|key)|authorization)(\\s*[=:]\\s*)(bearer\\s+)?\\S+");

  private PlainText() {}

  static String line(String text, int longest) {
    // what is far longer than what is told is cut before anybody looks through it
    String shorter = text.substring(0, Math.min(text.length(), 4_000));
    String line = HIDDEN.matcher(CONTROL.matcher(shorter).replaceAll(" ")).replaceAll("").strip();
    line = LOGIN.matcher(line).replaceAll("$1***@");
    line = NAMED.matcher(line).replaceAll("$1$2***");
    return line.length() <= longest ? line : line.substring(0, longest - 1) + "…";
  }
}
