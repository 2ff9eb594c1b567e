package io.chom.servers;

import io.chom.ssh.ExecResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the bootstrap told. Its words are the server's: known codes are understood, everything else is only shown.
 *
 * @param complete whether every step ended
 * @param steps what became of each, by its word: done, unchanged or skipped
 * @param step the last one begun; {@code login} before the first
 * @param code why it stopped; null if it did not say
 * @param diagnostics the end of what the server printed
 */
record BootstrapReport(boolean complete, Map<String, String> steps, Map<String, String> values, String step,
    @Nullable String code, String detail, String diagnostics) {
  static final String PANEL_LOGIN = "chom";
  private static final int LONGEST_LINE = 500;
  private static final int LONGEST_DIAGNOSTICS = 2_000;

  static BootstrapReport of(ExecResult result) {
    var told = new Told();
    result.out().lines().filter(line -> line.startsWith("chom:") && line.length() <= LONGEST_LINE)
        .map(line -> line.substring(5)).forEach(told::line);
    return new BootstrapReport(told.complete && result.ok(), told.steps, told.values, told.step, told.code,
        told.detail, tail(printable(result.err())));
  }

  boolean rootless() {
    return "yes".equals(values.get("rootless"));
  }

  /** The login the panel's key opens: its own, or on a rootless server the one that let the bootstrap in. */
  String user(EnrolmentLogin login) {
    return rootless() ? login.user() : PANEL_LOGIN;
  }

  /** One line a step, for the operation's log. */
  List<String> lines() {
    var lines = new ArrayList<String>();
    for (var known : BootstrapStep.values()) {
      var outcome = steps.get(known.word());
      if (outcome != null) {
        lines.add(known.title() + ": " + outcome);
      }
    }
    return lines;
  }

  private static final class Told {
    private final Map<String, String> steps = new HashMap<>();
    private final Map<String, String> values = new HashMap<>();
    private String step = "login";
    private @Nullable String code;
    private String detail = "";
    private boolean complete;

    private void line(String line) {
      var words = line.split(" ", 4);
      switch (words[0]) {
        case "begin" -> step = word(words, 1);
        case "end" -> {
          complete = word(words, 1).equals("all");
          steps.put(word(words, 1), word(words, 2));
        }
        case "value" -> values.put(word(words, 1), printable(line.substring(Math.min(line.length(),
            "value ".length() + word(words, 1).length() + 1))));
        case "refused" -> {
          step = word(words, 1);
          code = word(words, 2);
          detail = printable(word(words, 3));
        }
        default -> {
          // a newer script may tell more than this panel knows
        }
      }
    }

    private static String word(String[] words, int index) {
      return words.length > index ? words[index].strip() : "";
    }
  }

  private static String printable(String text) {
    return text.replaceAll("[\\p{Cntrl}&&[^\n\t]]", "").strip();
  }

  private static String tail(String text) {
    return text.length() <= LONGEST_DIAGNOSTICS ? text : text.substring(text.length() - LONGEST_DIAGNOSTICS);
  }
}
