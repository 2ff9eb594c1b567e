package io.chom.launch;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The servers the panel brings along where the settings name none: started in order, stopped in the reverse one. */
final class EmbeddedParts implements AutoCloseable {
  private final Settings settings;
  private @Nullable DataDirectory data;
  private @Nullable EmbeddedPostgresql postgresql;
  private @Nullable EmbeddedRedis redis;

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
    return made;
  }

  @Override
  public synchronized void close() {
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
