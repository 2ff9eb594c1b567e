package io.chom.cache;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** Values by key. One that could not be had is not in it. */
public final class CacheValues {
  private final Map<CacheKey<?>, Record> values = new LinkedHashMap<>();

  /** Adds one. */
  public <T extends Record> CacheValues with(CacheKey<T> key, T value) {
    values.put(key, value);
    return this;
  }

  /** The value of this key; null if there is none. */
  public <T extends Record> @Nullable T find(CacheKey<T> key) {
    return key.type().cast(values.get(key));
  }

  /**
   * The value of this key.
   *
   * @throws NoSuchElementException there is none
   */
  public <T extends Record> T get(CacheKey<T> key) {
    var value = find(key);
    if (value == null) {
      throw new NoSuchElementException(key.text());
    }
    return value;
  }

  @Nullable
  Record raw(CacheKey<?> key) {
    return values.get(key);
  }

  void put(CacheKey<?> key, @Nullable Record value) {
    if (value != null) {
      values.put(key, value);
    }
  }
}
