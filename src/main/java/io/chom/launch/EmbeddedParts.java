package io.chom.launch;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The servers the panel brings along where the settings name none: started in order, stopped in the reverse one, and
 * started again when they die, which a full disk or a machine without memory makes them do.
 */
final class EmbeddedParts implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedParts.class);
  private static final Duration LOOK = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);
  /** Nobody's work waits for it. */
  private static final Duration PROMETHEUS_PAUSE = Duration.ofMinutes(1);

  private final Settings settings;
  private @Nullable DataDirectory data;
  private @Nullable EmbeddedPostgresql postgresql;
  private @Nullable EmbeddedRedis redis;
  private @Nullable EmbeddedPrometheus prometheus;
  private String scrapeToken = "";
  private long prometheusAgain = System.nanoTime();
  private @Nullable Thread keeper;
  private volatile boolean closing;

  EmbeddedParts(Settings settings) {
    this.settings = settings;
  }

  /** Takes the data directory, if one is needed, so that no second panel can. */
  synchronized void claim() {
    if (settings.embeddedDatabase() || settings.embeddedRedis()) {
      data = DataDirectory.open(settings.dataDirectory());
    }
  }

  /**
   * Starts what is needed, and answers the settings that now hold although nobody set them. Holds the lock for the whole
   * time: a stop in the middle waits, and then finds everything that runs.
   */
  synchronized Map<String, String> start() {
    var made = new LinkedHashMap<String, String>();
    made.put(Setting.CHOM_BASE_URL.name(), settings.baseUrl().toString());
    made.put("chom.launched", "true");
    made.put(Setting.CHOM_DEMO.name(), "" + settings.demo());
    DataDirectory directory = data;
    settings.get(Setting.CHOM_MANAGEMENT_PORT).ifPresent(port -> {
      made.put("management.server.port", port);
      made.put("management.server.address", settings.bind());
    });
    settings.get(Setting.CHOM_REDIS_CA).ifPresent(file -> {
      made.put("spring.ssl.bundle.pem.redis.truststore.certificate", "file:" + file);
      made.put("spring.data.redis.ssl.bundle", "redis");
    });
    if (directory == null) {
      return made;
    }
    if (!settings.has(Setting.CHOM_MASTER_KEY) && settings.embeddedDatabase()) {
      made.put(Setting.CHOM_MASTER_KEY.name(), directory.masterKey());
    }
    if (settings.embeddedDatabase()) {
      var database = EmbeddedPostgresql.start(directory);
      postgresql = database;
      made.put(Setting.CHOM_DATABASE_ADMIN_URL.name(), database.administratorUrl());
    }
    if (settings.embeddedRedis()) {
      var started = EmbeddedRedis.start(directory);
      redis = started;
      made.put(Setting.CHOM_REDIS_URL.name(), started.url());
    }
    if (settings.embeddedPrometheus() && Child.found(EmbeddedPrometheus.PROGRAM)) {
      scrapeToken = settings.get(Setting.CHOM_SCRAPE_TOKEN).orElseGet(() -> directory.password("scrape.token"));
      var measuring = EmbeddedPrometheus.start(directory, settings, scrapeToken);
      prometheus = measuring;
      if (measuring != null) {
        made.put(Setting.CHOM_PROMETHEUS_URL.name(), measuring.url());
        made.put(Setting.CHOM_SCRAPE_TOKEN.name(), scrapeToken);
      }
    }
    // a full disk of theirs shows in the panel's health
    made.put("management.health.diskspace.path", settings.dataDirectory().toString());
    keeper = Thread.ofPlatform().daemon().name("embedded-parts").start(() -> keep(directory));
    return made;
  }

  private void keep(DataDirectory directory) {
    var pause = LOOK;
    while (!closing) {
      try {
        Thread.sleep(pause);
        restartTheDead(directory);
        pause = LOOK;
      } catch (InterruptedException _) {
        return;
      } catch (StartRefused | UncheckedIOException e) {
        LOG.error("{}", e.getMessage());
        pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
      }
    }
  }

  private synchronized void restartTheDead(DataDirectory directory) {
    var database = postgresql;
    if (!closing && database != null && !database.runs()) {
      LOG.warn("PostgreSQL died; starting it again");
      postgresql = EmbeddedPostgresql.restart(directory, database);
      LOG.info("PostgreSQL is back");
    }
    var store = redis;
    if (!closing && store != null && !store.runs()) {
      LOG.warn("Redis died; starting it again");
      redis = EmbeddedRedis.restart(directory, store);
      LOG.info("Redis is back");
    }
    var measuring = prometheus;
    if (!closing && measuring != null && !measuring.runs() && System.nanoTime() - prometheusAgain > 0) {
      prometheusAgain = System.nanoTime() + PROMETHEUS_PAUSE.toNanos();
      LOG.warn("Prometheus died; starting it again");
      var again = EmbeddedPrometheus.restart(directory, settings, scrapeToken, measuring);
      prometheus = again == null ? measuring : again;
    }
  }

  @Override
  public void close() {
    closing = true;
    var watching = keeper;
    if (watching != null) {
      watching.interrupt();
    }
    closeAll();
  }

  private synchronized void closeAll() {
    if (prometheus != null) {
      prometheus.close();
      prometheus = null;
    }
    if (redis != null) {
      redis.close();
      redis = null;
    }
    if (postgresql != null) {
      postgresql.close();
      postgresql = null;
    }
    if (data != null) {
      data.close();
      data = null;
    }
  }
}
