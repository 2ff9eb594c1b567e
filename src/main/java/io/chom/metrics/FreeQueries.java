package io.chom.metrics;

import io.chom.metrics.Answers.Wanted;
import io.chom.promql.Answer;
import io.chom.promql.Answer.Curves;
import io.chom.promql.PromqlRefused;
import io.chom.promql.Question;
import io.chom.promql.TenantQuery;
import io.chom.promql.ValueType;
import io.chom.promql.Window;
import io.chom.tenancy.TenantContext;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.springframework.stereotype.Service;

/** Answers whatever the current tenant asks in PromQL, of its own series. */
@Service
public class FreeQueries {
  /** The most points of a curve. */
  public static final int MOST_POINTS = Question.MOST_POINTS;
  private static final Duration LONGEST = Duration.ofDays(31);

  private final Answers answers;

  FreeQueries(Answers answers) {
    this.answers = answers;
  }

  /**
   * What came of it, as Prometheus would say it.
   *
   * @param type {@code vector}, {@code matrix} or {@code scalar}
   */
  public record Result(String type, List<Series> series, List<String> warnings) {}

  /** One series. */
  public record Series(Map<String, String> labels, List<Value> values) {}

  /** @param time in seconds since 1970 */
  public record Value(double time, double value) {}

  /**
   * At one moment.
   *
   * @throws ExpressionRefused it is wrong, or cannot be fenced to one tenant
   * @throws NoMeasurements Prometheus has no answer
   */
  public Result at(String expression, Instant moment) {
    var query = query(expression);
    var type = switch (query.type()) {
      case SCALAR -> "scalar";
      case RANGE -> "matrix";
      default -> "vector";
    };
    return answer(type, query, Window.at(moment.truncatedTo(ChronoUnit.SECONDS)));
  }

  /**
   * Over a time, whose ends are moved back to whole steps.
   *
   * @throws ExpressionRefused it is wrong, cannot be fenced to one tenant, or has no curve
   * @throws IllegalArgumentException the time ends before it begins, is too long, or has too many points
   * @throws NoMeasurements Prometheus has no answer
   */
  public Result over(String expression, Instant from, Instant to, Duration step) {
    var window = new Window(from, to, step).aligned();
    if (Duration.between(from, to).compareTo(LONGEST) > 0 || window.points() > MOST_POINTS) {
      throw new IllegalArgumentException("At most 31 days and " + MOST_POINTS + " points; choose a longer step");
    }
    var query = query(expression);
    if (query.type() == ValueType.RANGE) {
      throw new ExpressionRefused(
          PromqlRefused.whole("a range vector has no curve", "put a function like rate() around it"));
    }
    return answer("matrix", query, window);
  }

  private static TenantQuery query(String expression) {
    try {
      var query = Boards.scope(TenantContext.current()).query(expression);
      if (query.type() == ValueType.STRING) {
        throw new ExpressionRefused(PromqlRefused.whole("a text is nothing to measure", "name a metric"));
      }
      return query;
    } catch (PromqlRefused e) {
      throw new ExpressionRefused(e);
    }
  }

  private Result answer(String type, TenantQuery query, Window window) {
    var about = window.from().getEpochSecond() + " " + window.to().getEpochSecond() + " " + window.step().toSeconds()
        + " " + query.text();
    var told = Objects.requireNonNull(answers
        .all(Map.of("query", new Wanted(TenantContext.current(), about, new Question(query, window)))).get("query"));
    // what was known before is no answer to somebody who asked for this moment
    if (told.why() != null) {
      throw new NoMeasurements(told.why());
    }
    var curves = Objects.requireNonNull(told.known()).curves();
    return new Result(type, series(curves), curves.warnings());
  }

  private static List<Series> series(Curves curves) {
    return curves.curves().stream().map(curve -> new Series(curve.labels(),
        curve.points().stream().map(FreeQueries::value).toList())).toList();
  }

  private static Value value(Answer.Point point) {
    return new Value(point.time(), point.value());
  }
}
