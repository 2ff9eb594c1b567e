package io.chom.cache;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32;

/**
 * A record's version: a number over the names and types of its components, all the way down. Nobody has to remember to
 * raise it, and two versions of the panel side by side never read each other's other values.
 */
final class Shape {
  private static final Map<Class<?>, String> KNOWN = new ConcurrentHashMap<>();

  private Shape() {}

  static String of(Class<?> type) {
    return KNOWN.computeIfAbsent(type, Shape::measure);
  }

  private static String measure(Class<?> type) {
    var parts = new TreeMap<String, String>();
    collect(type, parts);
    var sum = new CRC32();
    sum.update(parts.toString().getBytes(StandardCharsets.UTF_8));
    return Long.toHexString(sum.getValue());
  }

  private static void collect(Type type, Map<String, String> parts) {
    if (type instanceof ParameterizedType generic) {
      collect(generic.getRawType(), parts);
      for (var argument : generic.getActualTypeArguments()) {
        collect(argument, parts);
      }
    } else if (type instanceof Class<?> one && !parts.containsKey(one.getName())) {
      if (one.isRecord()) {
        var components = one.getRecordComponents();
        parts.put(one.getName(), Arrays.stream(components)
            .map(part -> part.getName() + " " + part.getGenericType().getTypeName()).toList().toString());
        Arrays.stream(components).forEach(part -> collect(part.getGenericType(), parts));
      } else if (one.isEnum()) {
        parts.put(one.getName(), Arrays.toString(one.getEnumConstants()));
      }
    }
  }
}
