package io.chom.promql;

import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** Expressions from the tests of Prometheus and its kin, with Prometheus' own verdict: see NOTICE beside them. */
final class Vectors {
  /**
   * One expression.
   *
   * @param selectors how many of its nodes read series
   * @param policy {@code scope}, {@code may_reject} or {@code reject}
   * @param acceptedBy the versions of Prometheus' servers, and whether they take it
   */
  record Vector(String id, String expr, int selectors, String policy, Map<String, Boolean> acceptedBy) {
    @Override
    public String toString() {
      return id + ": " + expr;
    }
  }

  private record Line(String id, @Nullable String expr, @Nullable Integer selectors, String policy,
      Map<String, Boolean> accepted_by) {
    private Vector vector() {
      return new Vector(id, Objects.requireNonNullElse(expr, ""), Objects.requireNonNullElse(selectors, 0), policy,
          accepted_by);
    }
  }

  static final List<Vector> ALL = read();

  private Vectors() {}

  static List<Vector> with(String policy) {
    return ALL.stream().filter(vector -> vector.policy().equals(policy)).toList();
  }

  private static List<Vector> read() {
    var json = JsonMapper.builder().disable(tools.jackson.databind.DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .build();
    try (var file = Objects.requireNonNull(Vectors.class.getResourceAsStream("/promql/vectors.jsonl.gz"));
        var text = new InputStreamReader(new GZIPInputStream(file), StandardCharsets.UTF_8)) {
      return text.readAllAsString().lines().map(line -> json.readValue(line, Line.class).vector()).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
