package io.chom.launch;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;

/** Empties the cache, and nothing else: keys of its prefix, in its own database, a few at a time. */
final class ClearCache {
  static final String NAME = "cache-clear";
  private static final String KEYS = "chom-cache-*";
  private static final String AT_ONCE = "500";

  private final Settings settings;

  ClearCache(Map<String, String> environment) {
    this.settings = Settings.read(environment);
  }

  int run(PrintStream out) {
    try (var redis = connect()) {
      redis.ask("SELECT", "" + settings.cacheDatabase());
      long gone = 0;
      String cursor = "0";
      do {
        var page = redis.ask("SCAN", cursor, "MATCH", KEYS, "COUNT", AT_ONCE);
        cursor = page.getFirst();
        for (String key : page.subList(1, page.size())) {
          gone += Long.parseLong(redis.ask("UNLINK", key).getFirst());
        }
      } while (!cursor.equals("0"));
      out.println(
          "Cleared " + gone + " keys of the cache. What a running panel remembers by itself goes within a minute.");
      return 0;
    } catch (IOException e) {
      throw new StartRefused("The cache was not cleared, Redis does not answer (" + e.getMessage()
          + "): see chom doctor", e);
    }
  }

  private RedisTalk connect() throws IOException {
    if (!settings.embeddedRedis()) {
      var url = RedisUrl.parse(settings.get(Setting.CHOM_REDIS_URL).orElseThrow());
      return RedisTalk.connect(url.host(), url.port(), url.login(),
          url.tls() ? RedisTalk.trusting(settings.get(Setting.CHOM_REDIS_CA).orElse(null)) : null);
    }
    var data = settings.dataDirectory();
    if (!Files.exists(data.resolve("redis.port"))) {
      throw new StartRefused("There is no embedded Redis in " + data
          + ": nothing has been started there yet; CHOM_DATA_DIR says where the panel keeps its data");
    }
    return RedisTalk.connect("127.0.0.1", Integer.parseInt(Files.readString(data.resolve("redis.port")).strip()),
        List.of(Files.readString(data.resolve("redis.password")).strip()), null);
  }
}
