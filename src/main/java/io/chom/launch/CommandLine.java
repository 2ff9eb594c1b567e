package io.chom.launch;

import java.io.PrintStream;
import java.util.List;
import java.util.Map;

/** The words that the jar answers besides being the panel. */
final class CommandLine {
  private static final String USAGE = """
      usage: chom [word]

        (no word)   start the panel
        doctor      look at this machine and its settings, and say what to do about each problem
        help        print this

      Settings are environment variables; .env.example explains each of them.
      """;

  private CommandLine() {}

  static int run(List<String> words, Map<String, String> environment, PrintStream out, PrintStream err) {
    return switch (String.join(" ", words)) {
      case "help" -> {
        out.print(USAGE);
        yield 0;
      }
      case "doctor" -> new Doctor(environment).examine(out);
      default -> {
        err.println("chom: there is no \"" + String.join(" ", words) + "\"");
        err.print(USAGE);
        yield Launch.WRONG_USAGE;
      }
    };
  }
}
