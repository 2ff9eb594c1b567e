package io.chom.promql;

/** Numbers and durations as PromQL writes them. */
final class Numerals {
  /** More seconds than fit into nanoseconds of 64 bits. */
  private static final double MOST_SECONDS = 9_223_372_036d;
  private static final String[] UNITS = {"y", "w", "d", "h", "m", "s", "ms"};
  private static final double[] SECONDS = {365 * 86_400, 7 * 86_400, 86_400, 3_600, 60, 1, 0.001};

  private Numerals() {}

  static int endOfNumber(String text, int start) {
    if (text.regionMatches(true, start, "0x", 0, 2)) {
      int end = start + 2;
      while (end < text.length() && (Character.digit(text.charAt(end), 16) >= 0 && text.charAt(end) < 128
          || text.charAt(end) == '_')) {
        end++;
      }
      return end;
    }
    int end = digits(text, start);
    if (end < text.length() && text.charAt(end) == '.') {
      end = digits(text, end + 1);
    }
    if (end < text.length() && (text.charAt(end) == 'e' || text.charAt(end) == 'E')) {
      int sign = end + 1 < text.length() && "+-".indexOf(text.charAt(end + 1)) >= 0 ? 1 : 0;
      int exponent = digits(text, end + 1 + sign);
      return exponent > end + 1 + sign ? exponent : end;
    }
    return end;
  }

  private static int digits(String text, int start) {
    int end = start;
    while (end < text.length() && (Lexer.digit(text.charAt(end)) || end > start && text.charAt(end) == '_')) {
      end++;
    }
    return end;
  }

  /** The end of the longest run of numbers with units, each smaller than the one before. */
  static int endOfDuration(String text, int start) {
    int end = start;
    int unit = -1;
    while (end < text.length()) {
      int number = plainDigits(text, end);
      int next = number == end ? -1 : unitAt(text, number);
      if (next <= unit) {
        break;
      }
      unit = next;
      end = number + UNITS[unit].length();
    }
    return end;
  }

  private static int plainDigits(String text, int start) {
    int end = start;
    while (end < text.length() && Lexer.digit(text.charAt(end))) {
      end++;
    }
    return end;
  }

  private static int unitAt(String text, int at) {
    for (int unit = UNITS.length - 1; unit >= 0; unit--) {
      if (text.startsWith(UNITS[unit], at)) {
        return unit;
      }
    }
    return -1;
  }

  /** Its value; not finite for one that is written wrongly or too large. */
  static double number(String word) {
    String lower = word.toLowerCase(java.util.Locale.ROOT);
    if (lower.equals("inf")) {
      return Double.POSITIVE_INFINITY;
    }
    try {
      boolean hex = lower.startsWith("0x");
      String digits = lower.substring(hex ? 2 : 0);
      if (digits.isEmpty() || digits.startsWith("_") && !hex || digits.endsWith("_") || digits.contains("__")) {
        return Double.NaN;
      }
      digits = digits.replace("_", "");
      return hex ? new java.math.BigInteger(digits, 16).doubleValue() : decimal(digits);
    } catch (NumberFormatException _) {
      return Double.NaN;
    }
  }

  private static double decimal(String digits) {
    boolean octal = digits.length() > 1 && digits.charAt(0) == '0'
        && digits.chars().allMatch(c -> c >= '0' && c <= '7');
    return octal ? new java.math.BigInteger(digits, 8).doubleValue() : Double.parseDouble(digits);
  }

  /** Its seconds. */
  static double seconds(String duration) {
    double sum = 0;
    int at = 0;
    while (at < duration.length()) {
      int number = plainDigits(duration, at);
      int unit = unitAt(duration, number);
      sum += Double.parseDouble(duration.substring(at, number)) * SECONDS[unit];
      at = number + UNITS[unit].length();
    }
    return sum;
  }

  static boolean fits(double seconds) {
    return Math.abs(seconds) <= MOST_SECONDS;
  }
}
