package io.chom.launch;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Starts the programs that the panel brings along. */
final class Child {
  private static final long LARGE_LOG = 10L << 20;

  private Child() {}

  static boolean root() {
    return "root".equals(System.getProperty("user.name"));
  }

  /** Starts a server in a session of its own: Ctrl-C in the terminal must end the panel first and this one last. */
  static Process server(List<String> command, Path log, Path directory) {
    var whole = new ArrayList<String>();
    if (found("setsid")) {
      whole.add("setsid");
    }
    whole.addAll(command);
    try {
      if (Files.exists(log) && Files.size(log) > LARGE_LOG) {
        Files.delete(log);
      }
      return new ProcessBuilder(whole).directory(directory.toFile()).redirectInput(new File("/dev/null"))
          .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile())).start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  record Ended(int exit, String output) {
    boolean well() {
      return exit == 0;
    }
  }

  /** Runs a short program to its end. */
  static Ended run(Duration limit, List<String> command) {
    return run(limit, command, Map.of());
  }

  static Ended run(Duration limit, List<String> command, Map<String, String> environment) {
    try {
      Path output = Files.createTempFile("chom-", ".out");
      try {
        var builder = new ProcessBuilder(command).redirectInput(new File("/dev/null")).redirectErrorStream(true)
            .redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
          process.destroyForcibly();
          return new Ended(-1, "no end within " + limit.toSeconds() + " s");
        }
        return new Ended(process.exitValue(), Files.readString(output).strip());
      } finally {
        Files.deleteIfExists(output);
      }
    } catch (IOException e) {
      return new Ended(-1, String.valueOf(e.getMessage()));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return new Ended(-1, "interrupted");
    }
  }

  /** Whether a program of this name is on the path. */
  static boolean found(String program) {
    String path = System.getenv().getOrDefault("PATH", "/usr/local/bin:/usr/bin:/bin");
    for (String directory : (path + ":/usr/sbin:/sbin").split(":", -1)) {
      if (!directory.isEmpty() && Files.isExecutable(Path.of(directory, program))) {
        return true;
      }
    }
    return false;
  }

  /** The program behind a process id as one text; empty for one that is gone or a zombie. */
  static String commandLine(long pid) {
    // of a command line longer than a page Linux tells only the program
    return ProcessHandle.of(pid).map(ProcessHandle::info).map(info -> info.command().orElse("")
        + info.arguments().map(arguments -> " " + String.join(" ", arguments)).orElse("")).orElse("");
  }
}
