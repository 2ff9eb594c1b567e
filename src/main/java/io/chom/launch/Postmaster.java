package io.chom.launch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What postmaster.pid says about the server that last used a data directory, compared with what is true. */
final class Postmaster {
  private static final int SHARED_MEMORY_LINE = 6;

  private final Path data;
  private final Path file;

  Postmaster(Path data) {
    this.data = data;
    this.file = data.resolve("postmaster.pid");
  }

  /** The process that still serves this data directory: the rest of a panel that was killed. */
  Optional<ProcessHandle> orphan() {
    return pid().filter(pid -> {
      String command = Child.commandLine(pid);
      return command.contains("postgres") && command.contains(data.toString());
    }).flatMap(ProcessHandle::of);
  }

  /**
   * Removes the file when its process is gone, a zombie, or by now another program. PostgreSQL itself would take each
   * of the last two for a living server and refuse to start.
   */
  boolean removeStale() {
    if (Files.notExists(file) || orphan().isPresent()) {
      return false;
    }
    waitForTheLastChild();
    try {
      return Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // without its pid file PostgreSQL cannot see that children of a killed server still write: look for them here
  private void waitForTheLastChild() {
    for (int i = 0; i < 300 && attached() > 0; i++) {
      Pause.of(Duration.ofMillis(100));
    }
    if (attached() > 0) {
      throw new StartRefused("Processes of an earlier PostgreSQL still use " + data
          + ": end them (they are called \"postgres\"), then start again");
    }
  }

  private int attached() {
    Path table = Path.of("/proc/sysvipc/shm");
    List<String> lines = lines(file);
    if (lines.size() <= SHARED_MEMORY_LINE || Files.notExists(table)) {
      return 0;
    }
    String[] keyAndId = lines.get(SHARED_MEMORY_LINE).strip().split("\\s+");
    return lines(table).stream().map(line -> line.strip().split("\\s+"))
        .filter(columns -> columns.length > 6 && keyAndId.length > 1 && columns[1].equals(keyAndId[1]))
        .mapToInt(columns -> Integer.parseInt(columns[6])).findFirst().orElse(0);
  }

  private Optional<Long> pid() {
    try {
      return lines(file).stream().findFirst().map(line -> Long.parseLong(line.strip()));
    } catch (NumberFormatException _) {
      return Optional.empty();
    }
  }

  private static List<String> lines(Path file) {
    try {
      return Files.exists(file) ? Files.readAllLines(file) : List.of();
    } catch (IOException _) {
      return List.of();
    }
  }
}
