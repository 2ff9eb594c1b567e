package io.chom.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

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
    var url = RedisUrl.parse(settings.get(Setting.CHOM_REDIS_URL).orElse(""));
    if (url.password().isEmpty()) {
      findings.warn(NAME, "CHOM_REDIS_URL has no password: whoever reaches that port can read sessions; set one");
    }
    try {
      ask(url.host(), url.port(), url.login(),
          url.tls() ? RedisTalk.trusting(settings.get(Setting.CHOM_REDIS_CA).orElse(null)) : null);
    } catch (IOException e) {
      findings.fail(NAME, "CHOM_REDIS_CA is no certificate to go by (" + e.getMessage()
          + "): give the PEM file of the authority that signed that of Redis");
    }
  }

  private void embedded() {
    Path data = settings.dataDirectory();
    try {
      if (Doctor.runningPanel(settings).isPresent() && Files.exists(data.resolve("redis.port"))) {
        ask("127.0.0.1", Integer.parseInt(Files.readString(data.resolve("redis.port")).strip()),
            List.of(Files.readString(data.resolve("redis.password")).strip()), null);
      } else {
        findings.ok(NAME, "embedded, starts with the panel");
      }
    } catch (IOException e) {
      findings.fail(NAME, "its files in " + data + " cannot be read (" + e.getMessage()
          + "): run this as the user that runs CHOM");
    }
  }

  private void ask(String host, int port, List<String> login, @Nullable SSLSocketFactory tls) {
    try (var talk = RedisTalk.connect(host, port, login, tls)) {
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
      } else if (!cacheHasAPlace(talk)) {
        findings.fail(NAME, "has no database " + settings.cacheDatabase()
            + " for the cache: raise its setting databases, or give another number as CHOM_CACHE_DATABASE");
      } else {
        findings.ok(NAME, "Redis " + version + " answers");
      }
    } catch (SSLException e) {
      findings.fail(NAME, host + " port " + port + " and CHOM do not agree on TLS (" + e.getMessage()
          + "): where its certificate is signed by an authority of your own, give that one's as CHOM_REDIS_CA; its name"
          + " must be the one in CHOM_REDIS_URL");
    } catch (IOException e) {
      findings.fail(NAME, host + " port " + port + " does not answer as Redis (" + e.getMessage()
          + "): check CHOM_REDIS_URL and its password");
    }
  }

  private boolean cacheHasAPlace(RedisTalk talk) {
    try {
      return !talk.ask("SELECT", "" + settings.cacheDatabase()).isEmpty();
    } catch (IOException _) {
      return false;
    }
  }
}
