package io.chom.launch;

import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Looks at the machine and the settings, and says what to do about each problem. Changes nothing. */
final class Doctor {
  private static final long MEGABYTE = 1L << 20;

  private final Map<String, String> environment;
  private final Findings findings = new Findings();

  Doctor(Map<String, String> environment) {
    this.environment = environment;
  }

  /** @return the exit code: 1 if anything would keep the panel from working */
  int examine(PrintStream out) {
    java();
    try {
      Settings settings = Settings.read(environment);
      settings.warnings().forEach(warning -> findings.warn("settings", warning));
      findings.ok("settings", "understood");
      port(settings);
      dataDirectory(settings);
      new DoctorOfDatabases(settings, findings).examine();
      new DoctorOfRedis(settings, findings).examine();
      masterKey(settings);
      new DoctorOfBackups(settings, findings).examine();
      prometheus(settings);
      mail(settings);
      operator(settings);
      demo(settings);
    } catch (StartRefused refused) {
      String.valueOf(refused.getMessage()).lines().forEach(problem -> findings.fail("settings", problem));
    }
    return findings.print(out);
  }

  private void java() {
    int feature = Runtime.version().feature();
    if (feature >= 25) {
      findings.ok("java", Runtime.version().toString());
    } else {
      findings.fail("java", "this is Java " + feature + ": install a JDK 25 and start CHOM with it");
    }
  }

  private void port(Settings settings) {
    try {
      Ports.refuseBusy(settings);
      findings.ok("port", settings.bind() + " port " + settings.port() + " is free");
    } catch (StartRefused refused) {
      if (runningPanel(settings).isPresent()) {
        findings.ok("port", "a panel (process " + runningPanel(settings).get() + ") has it");
      } else {
        findings.fail("port", String.valueOf(refused.getMessage()));
      }
    }
  }

  static Optional<String> runningPanel(Settings settings) {
    Path lock = settings.dataDirectory().resolve("lock");
    try {
      if (Files.exists(lock)) {
        String pid = Files.readString(lock).strip();
        return pid.matches("\\d+") && Child.commandLine(Long.parseLong(pid)).contains("java")
            ? Optional.of(pid)
            : Optional.empty();
      }
    } catch (IOException _) {
      // not ours to read: then it is not ours that runs
    }
    return Optional.empty();
  }

  private void dataDirectory(Settings settings) {
    if (!settings.embeddedDatabase() && !settings.embeddedRedis()) {
      return;
    }
    Path directory = settings.dataDirectory();
    Path existing = directory;
    while (existing.getParent() != null && Files.notExists(existing)) {
      existing = existing.getParent();
    }
    try {
      if (!Files.isWritable(existing)) {
        findings.fail("data", existing + " is not writable: give this user access, or set CHOM_DATA_DIR");
      } else if (Files.exists(directory)
          && !PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)).endsWith("------")) {
        findings.warn("data", directory + " can be read by others: chmod 700 it (the next start does)");
      } else {
        findings.ok("data", directory + (existing.equals(directory) ? "" : " will be made"));
      }
      long free = Files.getFileStore(existing).getUsableSpace() / MEGABYTE;
      if (free < 300) {
        findings.fail("disk", free + " MB are free in " + existing + ": make room, the embedded servers need 300 MB");
      } else if (free < 2048) {
        findings.warn("disk", free + " MB are free in " + existing + ": make room soon");
      } else {
        findings.ok("disk", free + " MB are free in " + existing);
      }
    } catch (IOException e) {
      findings.fail("data", directory + " cannot be examined (" + e.getMessage() + "): set CHOM_DATA_DIR to another");
    }
  }

  private void masterKey(Settings settings) {
    Path file = settings.dataDirectory().resolve("master.key");
    if (settings.has(Setting.CHOM_MASTER_KEY)) {
      findings.ok("master key", "given by CHOM_MASTER_KEY");
    } else if (Files.notExists(file)) {
      findings.ok("master key", "will be made at the first start");
    } else {
      try {
        if (PosixFilePermissions.toString(Files.getPosixFilePermissions(file)).endsWith("------")) {
          findings.ok("master key", file + "; keep a copy elsewhere: without it no secret in the database can be read");
        } else {
          findings.fail("master key", file + " can be read by others: chmod 600 it");
        }
      } catch (IOException e) {
        findings.fail("master key", file + " cannot be read (" + e.getMessage() + "): start as the user it belongs to");
      }
    }
  }

  private void prometheus(Settings settings) {
    var url = settings.get(Setting.CHOM_PROMETHEUS_URL).map(URI::create);
    if (url.isEmpty()) {
      if (!settings.embeddedPrometheus() || !Child.found(EmbeddedPrometheus.PROGRAM)) {
        findings.warn("prometheus", "none: pages show no measurements; install it (Debian: apt-get install prometheus,"
            + " then systemctl disable --now prometheus) or set CHOM_PROMETHEUS_URL");
      } else {
        findings.ok("prometheus", "embedded, starts with the panel");
      }
      return;
    }
    int port = url.get().getPort() >= 0 ? url.get().getPort() : url.get().getScheme().equals("https") ? 443 : 80;
    if (!listens(url.get().getHost(), port)) {
      findings.warn("prometheus", url.get().getHost() + " port " + port
          + " does not answer: pages show no measurements; look at CHOM_PROMETHEUS_URL and the network");
    } else if (!settings.has(Setting.CHOM_SCRAPE_TOKEN)) {
      findings.warn("prometheus", "answers, but may ask the panel nothing: set CHOM_SCRAPE_TOKEN, and give Prometheus"
          + " what prometheus-config prints");
    } else {
      findings.ok("prometheus", url.get().getHost() + " port " + port + " answers");
    }
  }

  private void mail(Settings settings) {
    var host = settings.get(Setting.CHOM_MAIL_HOST);
    if (host.isEmpty()) {
      findings.warn("mail", "off: nobody is told by mail when a backup fails; set CHOM_MAIL_HOST and CHOM_MAIL_FROM");
    } else if (listens(host.get(), settings.mailPort())) {
      findings.ok("mail", host.get() + " port " + settings.mailPort() + " answers");
    } else {
      findings.warn("mail", host.get() + " port " + settings.mailPort()
          + " does not answer: look at CHOM_MAIL_HOST, CHOM_MAIL_PORT and the firewall");
    }
  }

  private void operator(Settings settings) {
    if (settings.has(Setting.CHOM_BOOTSTRAP_OPERATOR_EMAIL)) {
      findings.ok("operator", "named by CHOM_BOOTSTRAP_OPERATOR_EMAIL");
      return;
    }
    if (settings.demo()) {
      findings.ok("operator", "the demo makes one where there is none");
      return;
    }
    switch (new DoctorOfDatabases(settings, findings).operator()) {
      case THERE -> findings.ok("operator", "there is one");
      case MISSING -> findings.warn("operator", Welcome.NO_OPERATOR);
      case UNKNOWN -> findings.ok("operator", "the database knows; where nobody can sign in, set"
          + " CHOM_BOOTSTRAP_OPERATOR_EMAIL and CHOM_BOOTSTRAP_OPERATOR_PASSWORD");
    }
  }

  private void demo(Settings settings) {
    if (!settings.demo()) {
      findings.ok("demo server", "off");
      return;
    }
    Optional<String> missing = DemoHost.missing();
    if (missing.isPresent()) {
      findings.warn("demo server", missing.get());
      return;
    }
    boolean php = List.of("/usr/sbin", "/usr/bin").stream().map(Path::of).anyMatch(Doctor::hasPhpFpm);
    if (Child.found("nginx") && php) {
      findings.ok("demo server", "with nginx and PHP");
    } else {
      findings.warn("demo server",
          "works for static sites; for PHP install nginx and php-fpm (Debian: apt-get install nginx php-fpm)");
    }
  }

  private static boolean hasPhpFpm(Path directory) {
    try (var files = Files.newDirectoryStream(directory, "php-fpm*")) {
      return files.iterator().hasNext();
    } catch (IOException _) {
      return false;
    }
  }

  static boolean listens(String host, int port) {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(host, port), 3000);
      return true;
    } catch (IOException _) {
      return false;
    }
  }
}
