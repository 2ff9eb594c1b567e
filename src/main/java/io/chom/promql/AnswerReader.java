package io.chom.promql;

import io.chom.promql.Answer.Curve;
import io.chom.promql.Answer.Missing;
import io.chom.promql.Answer.Point;
import io.chom.promql.Answer.Reason;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.databind.ObjectMapper;

/**
 * Reads what Prometheus says while it comes, so that of an answer that is too large no more is kept than is allowed.
 * Whatever is no answer of Prometheus is {@link Reason#UNREADABLE}.
 */
final class AnswerReader {
  private static final int MOST_WORDS = 300;
  private static final int MOST_WARNINGS = 10;

  private final JsonParser json;
  private final PrometheusProperties limits;
  private final List<Curve> curves = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();
  private @Nullable String status;
  private String error = "";
  private String errorType = "";
  private int points;

  /** It is no answer, or more than is taken. */
  private static final class Unfit extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final Reason reason;

    Unfit(Reason reason, String detail) {
      super(detail);
      this.reason = reason;
    }
  }

  private AnswerReader(JsonParser json, PrometheusProperties limits) {
    this.json = json;
    this.limits = limits;
  }

  /** @throws JacksonIOException the line broke */
  static Answer read(InputStream body, ObjectMapper mapper, PrometheusProperties limits) {
    try (var json = mapper.createParser(body)) {
      var reader = new AnswerReader(json, limits);
      reader.whole();
      return reader.answer();
    } catch (Unfit e) {
      return new Missing(e.reason, String.valueOf(e.getMessage()));
    } catch (JacksonIOException e) {
      throw e;
    } catch (JacksonException | NumberFormatException e) {
      return new Missing(Reason.UNREADABLE, "the answer is not in Prometheus' format");
    }
  }

  private Answer answer() {
    if ("success".equals(status)) {
      return new Answer.Curves(List.copyOf(curves), List.copyOf(warnings));
    }
    if ("error".equals(status)) {
      var slow = errorType.equals("timeout") || errorType.equals("canceled");
      return new Missing(slow ? Reason.TOO_SLOW : Reason.REFUSED, error);
    }
    return unfit();
  }

  private static <T> T unfit() {
    throw new Unfit(Reason.UNREADABLE, "the answer is not in Prometheus' format");
  }

  private void whole() {
    expect(json.nextToken(), JsonToken.START_OBJECT);
    for (var name = json.nextName(); name != null; name = json.nextName()) {
      var token = json.nextToken();
      switch (name) {
        case "status" -> status = text(token);
        case "error" -> error = words(token);
        case "errorType" -> errorType = text(token);
        case "warnings", "infos" -> warnings(token);
        case "data" -> data(token);
        default -> json.skipChildren();
      }
    }
    expect(json.currentToken(), JsonToken.END_OBJECT);
  }

  private void warnings(@Nullable JsonToken token) {
    if (token == JsonToken.VALUE_NULL) {
      return;
    }
    expect(token, JsonToken.START_ARRAY);
    for (var one = json.nextToken(); one != JsonToken.END_ARRAY; one = json.nextToken()) {
      var text = words(one);
      if (warnings.size() < MOST_WARNINGS) {
        warnings.add(text);
      }
    }
  }

  private void data(@Nullable JsonToken token) {
    if (token == JsonToken.VALUE_NULL) {
      return;
    }
    expect(token, JsonToken.START_OBJECT);
    for (var name = json.nextName(); name != null; name = json.nextName()) {
      var inner = json.nextToken();
      if (name.equals("result")) {
        result(inner);
      } else {
        json.skipChildren();
      }
    }
    expect(json.currentToken(), JsonToken.END_OBJECT);
  }

  private void result(@Nullable JsonToken token) {
    expect(token, JsonToken.START_ARRAY);
    for (var one = json.nextToken(); one != JsonToken.END_ARRAY; one = json.nextToken()) {
      if (one == JsonToken.START_OBJECT) {
        curve();
      } else if (one == JsonToken.VALUE_NUMBER_FLOAT || one == JsonToken.VALUE_NUMBER_INT) {
        // a number alone, which is no series
        double time = json.getDoubleValue();
        add(new LinkedHashMap<>(), List.of(new Point(time, number(json.nextToken()))));
      } else {
        unfit();
      }
    }
  }

  private void curve() {
    SequencedMap<String, String> labels = new LinkedHashMap<>();
    var found = new ArrayList<Point>();
    for (var name = json.nextName(); name != null; name = json.nextName()) {
      var token = json.nextToken();
      switch (name) {
        case "metric" -> {
          expect(token, JsonToken.START_OBJECT);
          for (var label = json.nextName(); label != null; label = json.nextName()) {
            labels.put(label, text(json.nextToken()));
          }
        }
        case "value" -> found.add(point(token));
        case "values" -> {
          expect(token, JsonToken.START_ARRAY);
          for (var one = json.nextToken(); one != JsonToken.END_ARRAY; one = json.nextToken()) {
            found.add(point(one));
          }
        }
        default -> json.skipChildren();
      }
    }
    expect(json.currentToken(), JsonToken.END_OBJECT);
    add(labels, found);
  }

  private void add(SequencedMap<String, String> labels, List<Point> found) {
    if (curves.size() >= limits.series()) {
      throw new Unfit(Reason.TOO_MUCH,
          "more than " + limits.series() + " series; aggregate them, or narrow the expression");
    }
    curves.add(new Curve(labels, List.copyOf(found)));
  }

  private Point point(@Nullable JsonToken token) {
    expect(token, JsonToken.START_ARRAY);
    if (++points > limits.points()) {
      throw new Unfit(Reason.TOO_MUCH,
          "more than " + limits.points() + " points; choose a longer step or a shorter time");
    }
    var at = json.nextToken();
    if (at != JsonToken.VALUE_NUMBER_FLOAT && at != JsonToken.VALUE_NUMBER_INT) {
      unfit();
    }
    double time = json.getDoubleValue();
    double value = number(json.nextToken());
    expect(json.nextToken(), JsonToken.END_ARRAY);
    return new Point(time, value);
  }

  private double number(@Nullable JsonToken token) {
    var text = text(token);
    return switch (text) {
      case "+Inf", "Inf" -> Double.POSITIVE_INFINITY;
      case "-Inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(text);
    };
  }

  private String text(@Nullable JsonToken token) {
    expect(token, JsonToken.VALUE_STRING);
    return json.getString();
  }

  private String words(@Nullable JsonToken token) {
    var text = text(token);
    return text.length() <= MOST_WORDS ? text : text.substring(0, MOST_WORDS) + "…";
  }

  private static void expect(@Nullable JsonToken token, JsonToken wanted) {
    if (token != wanted) {
      unfit();
    }
  }
}
