package io.chom.cache;

import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.ObjectMapper;

/**
 * How a value stands in Redis: as JSON, with its version, what it was read under, and until when it is good. What cannot
 * be read, is of another version or was read before the last change is as good as not there.
 */
final class Stored {
  private final ObjectMapper json;
  private final Clock clock;

  /**
   * A value that was found.
   *
   * @param left how long it is good
   */
  record Found(Record value, Duration left) {}

  Stored(ObjectMapper json, Clock clock) {
    this.json = json;
    this.clock = clock;
  }

  String text(CacheKey<?> key, Record value, String under, Duration kept) {
    return json.writeValueAsString(Map.of("v", Shape.of(key.type()), "u", under, "t",
        clock.millis() + kept.toMillis(), "d", value));
  }

  @Nullable
  Found read(CacheKey<?> key, @Nullable String text, String under) {
    if (text == null) {
      return null;
    }
    try {
      var tree = json.readTree(text);
      long left = tree.path("t").asLong(0) - clock.millis();
      if (!under.equals(tree.path("u").asString("")) || !Shape.of(key.type()).equals(tree.path("v").asString(""))
          || left <= 0) {
        return null;
      }
      var value = json.treeToValue(tree.path("d"), key.type());
      return value == null ? null : new Found(value, Duration.ofMillis(left));
    } catch (JacksonException _) {
      return null;
    }
  }
}
