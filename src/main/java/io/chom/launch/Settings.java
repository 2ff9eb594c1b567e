package io.chom.launch;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What the environment says, checked as a whole before anything starts. An empty value counts as not set. */
final class Settings {
  private static final String PREFIX = "CHOM_";

  private final Map<Setting, String> values;
  private final List<String> warnings;

  private Settings(Map<Setting, String> values, List<String> warnings) {
    this.values = values;
    this.warnings = List.copyOf(warnings);
  }

  /** All problems at once: nobody should have to start ten times to find ten mistakes. */
  static Settings read(Map<String, String> environment) {
    var values = new EnumMap<Setting, String>(Setting.class);
    var problems = new ArrayList<String>();
    var warnings = new ArrayList<String>();
    new TreeMap<>(environment).forEach((name, value) -> {
      if (!name.startsWith(PREFIX) || value.isEmpty()) {
        return;
      }
      Optional<Setting> known = NearestName.exact(name);
      if (known.isEmpty()) {
        warnings.add(NearestName.warning(name));
        return;
      }
      String problem = known.get().problemWith(value);
      if (problem != null) {
        problems.add(problem);
      }
      values.put(known.get(), value);
    });
    var settings = new Settings(values, warnings);
    problems.addAll(settings.contradictions());
    if (!problems.isEmpty()) {
      throw StartRefused.because(problems);
    }
    return settings;
  }

  private List<String> contradictions() {
    var found = new ArrayList<String>();
    if (!embeddedDatabase() && !has(Setting.CHOM_MASTER_KEY)) {
      found.add("CHOM_MASTER_KEY is missing: with a database of your own, give the key that seals secrets in it,"
          + " as printed once by: openssl rand -base64 32");
    }
    if (has(Setting.CHOM_DATABASE_URL) && !has(Setting.CHOM_DATABASE_ADMIN_URL)) {
      for (Setting other : List.of(Setting.CHOM_DATABASE_MIGRATION_URL, Setting.CHOM_DATABASE_JOBS_URL)) {
        if (!has(other)) {
          found.add(other + " is missing: beside CHOM_DATABASE_URL give this too,"
              + " or only CHOM_DATABASE_ADMIN_URL, with which CHOM makes its three roles itself");
        }
      }
    }
    for (Setting other : List.of(Setting.CHOM_DATABASE_MIGRATION_URL, Setting.CHOM_DATABASE_JOBS_URL)) {
      if (has(other) && !has(Setting.CHOM_DATABASE_URL)) {
        found.add(
            "CHOM_DATABASE_URL is missing: " + other + " alone is not enough; unset both for the embedded database");
      }
    }
    found.addAll(redisContradictions());
    if (has(Setting.CHOM_BOOTSTRAP_OPERATOR_EMAIL) != has(Setting.CHOM_BOOTSTRAP_OPERATOR_PASSWORD)) {
      found.add("CHOM_BOOTSTRAP_OPERATOR_EMAIL and CHOM_BOOTSTRAP_OPERATOR_PASSWORD belong together: set both or none");
    }
    if (has(Setting.CHOM_BOOTSTRAP_TOKEN) && !has(Setting.CHOM_BOOTSTRAP_OPERATOR_EMAIL)) {
      found.add("CHOM_BOOTSTRAP_TOKEN belongs to an operator: set CHOM_BOOTSTRAP_OPERATOR_EMAIL and"
          + " CHOM_BOOTSTRAP_OPERATOR_PASSWORD too");
    }
    if (has(Setting.CHOM_BACKUP_PASSPHRASE) && has(Setting.CHOM_BACKUP_PASSPHRASE_FILE)) {
      found.add("CHOM_BACKUP_PASSPHRASE and CHOM_BACKUP_PASSPHRASE_FILE are both set: set one of them");
    }
    if (has(Setting.CHOM_PANEL_BACKUP_DIRECTORY) && !has(Setting.CHOM_BACKUP_PASSPHRASE)
        && !has(Setting.CHOM_BACKUP_PASSPHRASE_FILE)) {
      found.add("CHOM_PANEL_BACKUP_DIRECTORY is set, but nothing to seal backups with: set CHOM_BACKUP_PASSPHRASE or"
          + " CHOM_BACKUP_PASSPHRASE_FILE, and keep the passphrase where the backups are not");
    }
    if (has(Setting.CHOM_MAIL_HOST) != has(Setting.CHOM_MAIL_FROM)) {
      found.add("CHOM_MAIL_HOST and CHOM_MAIL_FROM belong together: set both, or none and no mail is sent");
    }
    if (has(Setting.CHOM_MAIL_USER) != has(Setting.CHOM_MAIL_PASSWORD)) {
      found.add("CHOM_MAIL_USER and CHOM_MAIL_PASSWORD belong together: set both, or none where no login is wanted");
    }
    if (has(Setting.CHOM_MAIL_PASSWORD) && "none".equals(values.get(Setting.CHOM_MAIL_TLS))) {
      found.add("CHOM_MAIL_PASSWORD would be sent in the clear: set CHOM_MAIL_TLS to starttls or tls, or unset the"
          + " login");
    }
    if ("true".equals(values.get(Setting.CHOM_DEMO)) && !(embeddedDatabase() && loopback())) {
      found.add("CHOM_DEMO is true, but the demo server starts only with the embedded database and a loopback"
          + " CHOM_BIND: unset CHOM_DEMO, or unset CHOM_DATABASE_URL and CHOM_BIND");
    }
    return found;
  }

  private List<String> redisContradictions() {
    var found = new ArrayList<String>();
    var given = get(Setting.CHOM_REDIS_URL).filter(SettingRule.REDIS_URL::accepts).map(RedisUrl::parse);
    if (given.isEmpty()) {
      if (has(Setting.CHOM_REDIS_CA)) {
        found.add("CHOM_REDIS_CA is set, but no Redis of your own: set CHOM_REDIS_URL too, or unset it");
      }
      return found;
    }
    var url = given.get();
    if (url.password().isEmpty() && !url.loopback()) {
      found
          .add("CHOM_REDIS_URL has no password, and that Redis is not on this machine: whoever reaches it could sign in"
              + " as anybody; give it one (requirepass or an ACL user) and write redis://:password@host:6379 or"
              + " redis://user:password@host:6379");
    }
    if (has(Setting.CHOM_REDIS_CA) && !url.tls()) {
      found.add("CHOM_REDIS_CA is set, but CHOM_REDIS_URL does not speak TLS: write it with rediss://, or unset the"
          + " certificate");
    }
    if (url.database() == cacheDatabase()) {
      found.add(
          "CHOM_CACHE_DATABASE is " + cacheDatabase() + ", as that of CHOM_REDIS_URL: emptying the cache would sign"
              + " everybody out; give another number");
    }
    return found;
  }

  /** The logical database of the cache, apart from that of sessions and the queue. */
  int cacheDatabase() {
    return get(Setting.CHOM_CACHE_DATABASE).filter(SettingRule.REDIS_DATABASE::accepts).map(Integer::parseInt)
        .orElse(1);
  }

  List<String> warnings() {
    return warnings;
  }

  boolean has(Setting setting) {
    return values.containsKey(setting);
  }

  Optional<String> get(Setting setting) {
    return Optional.ofNullable(values.get(setting));
  }

  boolean embeddedDatabase() {
    return !has(Setting.CHOM_DATABASE_URL) && !has(Setting.CHOM_DATABASE_ADMIN_URL);
  }

  boolean embeddedRedis() {
    return !has(Setting.CHOM_REDIS_URL);
  }

  String bind() {
    return get(Setting.CHOM_BIND).orElse("127.0.0.1");
  }

  int port() {
    return get(Setting.CHOM_PORT).map(Integer::parseInt).orElse(8080);
  }

  int demoHttpPort() {
    return get(Setting.CHOM_DEMO_HTTP_PORT).map(Integer::parseInt).orElse(8081);
  }

  /** The address people type; links in pages and mails start with it. */
  URI baseUrl() {
    String host = bind().contains(":") && !bind().startsWith("[") ? "[" + bind() + "]" : bind();
    String reachable = host.equals("0.0.0.0") || host.equals("[::]") ? "127.0.0.1" : host;
    return URI.create(get(Setting.CHOM_BASE_URL).orElse("http://" + reachable + ":" + port()));
  }

  Path dataDirectory() {
    return Path.of(get(Setting.CHOM_DATA_DIR).orElse("data")).toAbsolutePath().normalize();
  }

  int mailPort() {
    return get(Setting.CHOM_MAIL_PORT).map(Integer::parseInt)
        .orElse(switch (get(Setting.CHOM_MAIL_TLS).orElse("starttls")) {
          case "tls" -> 465;
          case "none" -> 25;
          default -> 587;
        });
  }

  boolean loopback() {
    return bind().startsWith("127.") || bind().equals("::1") || bind().equals("[::1]");
  }

  /** Whether the machine's own Prometheus is started, where there is one. */
  boolean embeddedPrometheus() {
    return !has(Setting.CHOM_PROMETHEUS_URL) && (embeddedDatabase() || embeddedRedis());
  }

  boolean scrapesDirectly() {
    return "true".equals(values.get(Setting.CHOM_SCRAPE_DIRECT));
  }

  boolean demo() {
    return embeddedDatabase() && loopback() && !"false".equals(values.get(Setting.CHOM_DEMO));
  }
}
