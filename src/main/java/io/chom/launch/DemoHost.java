package io.chom.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The machine behind the demo server: one directory, and programs that may touch nothing else of the panel's. A panel
 * run by root lets them go down to nobody, who then sees the directory as {@code /mnt}: the way to it is root's.
 */
final class DemoHost {
  private static final String NOBODY = "65534";
  private static final Path WINDOW = Path.of("/mnt");
  private static final String MARK = "CHOM_DEMO_ROOT";
  private static final String SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  private final Path directory;
  private final int httpPort;

  DemoHost(Path directory, int httpPort) {
    this.directory = directory;
    this.httpPort = httpPort;
  }

  /** What is missing here, as a sentence that says what to install or change; empty when the demo server can work. */
  static Optional<String> missing() {
    if (!Child.run(Duration.ofSeconds(10), List.of("bash", "-c", "((BASH_VERSINFO[0] >= 5))")).well()) {
      return Optional.of("The demo server needs bash 5 or newer: install it (Debian, Ubuntu: apt-get install bash) and"
          + " start CHOM again");
    }
    if (!Child.found("jq")) {
      return Optional
          .of("The demo server needs jq: install it (Debian, Ubuntu: apt-get install jq) and start CHOM again");
    }
    if (Child.root() && !Child.run(Duration.ofSeconds(10), List.of("unshare", "-m", "setpriv", "--reuid", NOBODY,
        "--regid", NOBODY, "--clear-groups", "--no-new-privs", "true")).well()) {
      return Optional.of("CHOM runs as root, and this machine does not let it give the demo server's programs to nobody"
          + " (unshare -m and setpriv, of the package util-linux): start CHOM as an ordinary user");
    }
    return Optional.empty();
  }

  /** Makes the directory, owned by whoever its programs will be. */
  void prepare() throws IOException {
    Files.createDirectories(directory.resolve("home"));
    String owner = Child.root() ? NOBODY : Files.getAttribute(directory, "unix:uid").toString();
    if (!owner.equals(Files.getAttribute(directory, "unix:uid").toString())) {
      Child.run(Duration.ofMinutes(1), List.of("chown", "-hR", owner + ":" + owner, directory.toString()));
    }
    if (!Child.root() && !directory.toString().matches("[A-Za-z0-9._/+-]+")) {
      throw new IOException(directory + " has characters that the agent does not take: use letters, digits and ._+-/"
          + " in CHOM_DATA_DIR");
    }
  }

  /** The agent's {@code VPSMANAGER_ROOT}, as its programs see it. */
  Path root() {
    return Child.root() ? WINDOW : directory;
  }

  /** Where that is for the panel. */
  Path directory() {
    return directory;
  }

  Path authorizedKeys() {
    return directory.resolve("home/.ssh/authorized_keys");
  }

  /** One line for the shell, in a session of its own; of the panel's environment it sees nothing. */
  ProcessBuilder shell(String line, @Nullable String originalCommand) {
    var command = new ArrayList<String>();
    if (Child.found("setsid")) {
      command.add("setsid");
    }
    if (Child.root()) {
      command.addAll(List.of("unshare", "-m", "sh", "-c",
          "mount --bind -- \"$0\" \"$1\" && cd \"$1\" && shift && exec \"$@\"", directory.toString(), WINDOW.toString(),
          "setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--no-new-privs", "--"));
    }
    command.addAll(List.of("sh", "-c", line));
    var builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment());
    if (originalCommand != null) {
      builder.environment().put("SSH_ORIGINAL_COMMAND", originalCommand);
    }
    return builder;
  }

  private Map<String, String> environment() {
    String path = Child.root() ? SYSTEM_PATH : System.getenv().getOrDefault("PATH", SYSTEM_PATH) + ":/usr/sbin:/sbin";
    return Map.of("PATH", path, "HOME", root().resolve("home").toString(), "LANG", "C.UTF-8", "VPSMANAGER_ROOT",
        root().toString(), "VPSMANAGER_HTTP_PORT", "" + httpPort, MARK, directory.toString());
  }

  /** Every process that works here, also those that nobody waits for any more. */
  List<ProcessHandle> processes() {
    return ProcessHandle.allProcesses().filter(process -> process.pid() != ProcessHandle.current().pid())
        .filter(this::belongs).toList();
  }

  private boolean belongs(ProcessHandle process) {
    Path proc = Path.of("/proc", "" + process.pid());
    try {
      if (Child.root()) {
        // what that process sees at the window is this directory, and at the panel's own it is not
        return !Files.isSameFile(WINDOW, directory)
            && Files.isSameFile(proc.resolve("root").resolve(WINDOW.toString().substring(1)), directory);
      }
      return Files.readString(proc.resolve("environ"), java.nio.charset.StandardCharsets.ISO_8859_1)
          .contains(MARK + "=" + directory + "\0") || Child.commandLine(process.pid()).contains(directory + "/");
    } catch (IOException | SecurityException _) {
      return false;
    }
  }

  /** Gives the agent's daemons an orderly end, running operations a moment, and the rest none. */
  void stop() {
    end(shell("agent=" + root() + "/opt/vpsmanager/bin/vpsmanager; [ ! -x \"$agent\" ] || exec \"$agent\" server:stop",
        null));
    for (int i = 0; i < 100 && !processes().isEmpty(); i++) {
      Pause.of(Duration.ofMillis(100));
    }
    processes().forEach(ProcessHandle::destroyForcibly);
  }

  private static void end(ProcessBuilder builder) {
    try {
      Process process = builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
      process.getOutputStream().close();
      process.waitFor(30, java.util.concurrent.TimeUnit.SECONDS);
    } catch (IOException _) {
      // nothing of it can run then
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
