package io.chom.web.security;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.serializer.RedisSerializer;
import org.springframework.data.redis.serializer.SerializationException;

/**
 * How session values lie in Redis: {@code s:text}, {@code i:7200}, {@code l:1700000000000}, {@code b:true}. Whoever can
 * write to Redis can change a session, but never make the panel build an object of their choice.
 */
final class SessionValues implements RedisSerializer<Object> {
  @Override
  public byte[] serialize(@Nullable Object value) {
    var text = switch (value) {
      case null -> "";
      case String s -> "s:" + s;
      case Integer i -> "i:" + i;
      case Long l -> "l:" + l;
      case Boolean b -> "b:" + b;
      default -> throw new SerializationException(
          "A session holds text, numbers and truth values, not " + value.getClass().getName());
    };
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public @Nullable Object deserialize(byte @Nullable [] bytes) {
    if (bytes == null || bytes.length < 2) {
      return null;
    }
    var text = new String(bytes, StandardCharsets.UTF_8);
    var value = text.substring(2);
    try {
      return switch (text.substring(0, 2)) {
        case "s:" -> value;
        case "i:" -> Integer.valueOf(value);
        case "l:" -> Long.valueOf(value);
        case "b:" -> Boolean.valueOf(value);
        default -> null;
      };
    } catch (NumberFormatException _) {
      return null;
    }
  }
}
