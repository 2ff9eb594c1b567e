package io.chom.launch;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Examines Redis: reachable, new enough, with a password and with a file that outlives it. */
final class DoctorOfRedis {
  private static final String NAME = "redis";

  private final Settings settings;
  private final Findings findings;

  DoctorOfRedis(Settings settings, Findings findings) {
    this.settings = settings;
    this.findings = findings;
  }

  void examine() {
    if (settings.embeddedRedis()) {
      embedded();
      return;
    }
    URI url = URI.create(settings.get(Setting.CHOM_REDIS_URL).orElse(""));
    int port = url.getPort() < 0 ? 6379 : url.getPort();
    String login = url.getUserInfo() == null ? "" : url.getUserInfo();
    String password = login.substring(login.indexOf(':') + 1);
    if (url.getScheme().equals("rediss")) {
      reachable(url.getHost(), port);
      return;
    }
    if (password.isEmpty()) {
      findings.warn(NAME, "CHOM_REDIS_URL has no password: whoever reaches that port can read sessions; set one");
    }
    ask(url.getHost(), port, login.startsWith(":") || !login.contains(":")
        ? List.of(password)
        : List.of(login.substring(0, login.indexOf(':')), password));
  }

  // the plain words below are not spoken through TLS
  private void reachable(String host, int port) {
    if (Doctor.listens(host, port)) {
      findings.ok(NAME, host + " port " + port + " is reachable; what is behind TLS is seen at the start");
    } else {
      findings.fail(NAME, host + " port " + port + " cannot be reached: check CHOM_REDIS_URL and the network");
    }
  }

  private void embedded() {
    Path data = settings.dataDirectory();
    try {
      if (Doctor.runningPanel(settings).isPresent() && Files.exists(data.resolve("redis.port"))) {
        ask("127.0.0.1", Integer.parseInt(Files.readString(data.resolve("redis.port")).strip()),
            List.of(Files.readString(data.resolve("redis.password")).strip()));
      } else {
        findings.ok(NAME, "embedded, starts with the panel");
      }
    } catch (IOException e) {
      findings.fail(NAME, "its files in " + data + " cannot be read (" + e.getMessage()
          + "): run this as the user that runs CHOM");
    }
  }

  private void ask(String host, int port, List<String> login) {
    try (var talk = RedisTalk.connect(host, port, login)) {
      String version = talk.ask("INFO", "server").getFirst().lines().filter(line -> line.startsWith("redis_version:"))
          .map(line -> line.substring(line.indexOf(':') + 1)).findFirst().orElse("?");
      if (version.matches("[0-6]\\..*")) {
        findings.fail(NAME, "is Redis " + version + ": CHOM needs 7 or newer");
      } else if (talk.ask("INFO", "persistence").getFirst().contains("aof_last_write_status:err")) {
        findings.fail(NAME, "cannot write its append-only file and refuses changes: its disk is full or broken; make"
            + " room, it goes on by itself");
      } else if (talk.ask("CONFIG", "GET", "appendonly").contains("no")) {
        findings.warn(NAME, "Redis " + version + " keeps no append-only file: its restart would sign everybody out; set"
            + " appendonly yes");
      } else {
        findings.ok(NAME, "Redis " + version + " answers");
      }
    } catch (IOException e) {
      findings.fail(NAME, host + " port " + port + " does not answer as Redis (" + e.getMessage()
          + "): check CHOM_REDIS_URL and its password");
    }
  }
}
