package io.chom.launch;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where a start begins: a word on the command line, or the panel. */
public final class Launch {
  /** The settings are wrong; what sysexits.h calls EX_CONFIG. */
  static final int WRONG_SETUP = 78;
  static final int WRONG_USAGE = 2;

  private Launch() {}

  /** Does what the words ask for. Returns while the panel runs on; any other end ends the process. */
  public static void main(Class<?> application, String[] args) {
    logAtLeast(Level.INFO);
    if (List.of(args).stream().anyMatch(word -> !word.startsWith("--"))) {
      logAtLeast(Level.ERROR);
      System.exit(CommandLine.run(List.of(args), environment(), System.in, System.out, System.err));
    }
    try {
      start(application, args);
    } catch (StartRefused refused) {
      System.err.println(refused.getMessage());
      System.exit(WRONG_SETUP);
    } catch (RuntimeException e) {
      // Spring has told why; only the servers that already run must not stay behind
      System.exit(SetupProblem.isBehind(e) ? WRONG_SETUP : 1);
    }
  }

  private static void start(Class<?> application, String[] args) {
    Settings settings = Settings.read(environment());
    Logger log = LoggerFactory.getLogger(Launch.class);
    settings.warnings().forEach(log::warn);
    new Panel(application, settings).start(args);
  }

  /** The environment; a system property of the same name (-DCHOM_PORT=…) comes before it. */
  private static Map<String, String> environment() {
    var all = new HashMap<>(System.getenv());
    System.getProperties().forEach((name, value) -> all.put(name.toString(), value.toString()));
    return all;
  }

  // until Spring sets the logging up, Logback would print every debug line of every library
  private static void logAtLeast(Level level) {
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      context.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(level);
    }
  }
}
