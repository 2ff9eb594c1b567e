package io.chom.api;

import io.chom.accounts.Caller;
import io.chom.accounts.Permission;
import io.chom.accounts.Requires;
import io.chom.metrics.Board;
import io.chom.metrics.BoardRange;
import io.chom.metrics.Boards;
import io.chom.metrics.FreeQueries;
import io.chom.servers.ServerId;
import io.chom.sites.SiteId;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** What is measured of a tenant's sites and servers. */
@Tag(name = "Metrics")
@RestController
@RequestMapping("/api/v1/metrics")
class MetricsApi {
  private static final Pattern STEP = Pattern.compile("([0-9]{1,7})([smhd]?)");
  private static final Pattern SECONDS = Pattern.compile("[0-9]{1,11}(\\.[0-9]{1,9})?");

  private final Boards boards;
  private final FreeQueries queries;
  private final Clock clock;

  MetricsApi(Boards boards, FreeQueries queries, Clock clock) {
    this.boards = boards;
    this.queries = queries;
    this.clock = clock;
  }

  /** @param step seconds between two values */
  record BoardBody(String range, long step, List<PanelBody> panels) {
    static BoardBody of(Board board) {
      return new BoardBody(board.range().word(), board.range().step().toSeconds(),
          board.panels().stream().map(PanelBody::of).toList());
    }
  }

  /**
   * @param state {@code fresh}, {@code stale} (the last that was known), {@code empty} or {@code missing}
   * @param reason why there is no fresh answer
   * @param from the time of each curve's first value
   * @param asked when Prometheus gave this answer
   */
  record PanelBody(String name, String unit, String state, @Nullable String reason, Instant from,
      @Nullable Instant asked, List<Board.Line> lines, List<String> warnings) {
    static PanelBody of(Board.Panel panel) {
      return new PanelBody(word(panel.kind()), word(panel.kind().unit()), word(panel.state()), panel.reason(),
          panel.from(), panel.asked(), panel.lines(), panel.warnings());
    }

    private static String word(Enum<?> one) {
      return one.name().toLowerCase(Locale.ROOT);
    }
  }

  /** As Prometheus answers. */
  record AnswerBody(String status, DataBody data, List<String> warnings) {}

  record DataBody(String resultType, List<?> result) {}

  @Operation(summary = "Five curves of all sites, a site or a server", description = "range: 15m, 1h, 6h, 24h, 7d or 30d. A server's are for its own tenant and for operators.")
  @GetMapping("/board")
  @Requires(Permission.METRICS_READ)
  BoardBody board(@RequestParam @Nullable UUID site, @RequestParam @Nullable UUID server,
      @RequestParam(defaultValue = "1h") String range, Caller caller) {
    var wanted = BoardRange.named(range)
        .orElseThrow(() -> new BadRequest("UNKNOWN_RANGE", "range is 15m, 1h, 6h, 24h, 7d or 30d"));
    if (site != null && server != null) {
      throw new BadRequest("SITE_OR_SERVER", "Name a site or a server, not both");
    }
    if (site != null) {
      return BoardBody.of(boards.ofSite(new SiteId(site), wanted));
    }
    return BoardBody.of(server == null
        ? boards.ofSites(wanted)
        : boards.ofServer(new ServerId(server), caller.can(Permission.FLEET_READ), wanted));
  }

  @Operation(summary = "Ask in PromQL about one moment", description = "Only the tenant's own series are seen. time: seconds since 1970 or RFC 3339; now if absent.")
  @GetMapping("/query")
  @Requires(Permission.METRICS_READ)
  AnswerBody query(@RequestParam String query, @RequestParam @Nullable String time) {
    return body(queries.at(query, time == null ? clock.instant() : moment("time", time)));
  }

  @Operation(summary = "Ask in PromQL about a time", description = "Only the tenant's own series are seen. start and end: seconds since 1970 or RFC 3339; step: seconds, or like 30s, 5m, 1h; both ends are moved back to whole steps. At most 31 days and 11,000 points.")
  @GetMapping("/query_range")
  @Requires(Permission.METRICS_READ)
  AnswerBody queryRange(@RequestParam String query, @RequestParam String start, @RequestParam String end,
      @RequestParam String step) {
    try {
      return body(queries.over(query, moment("start", start), moment("end", end), step(step)));
    } catch (IllegalArgumentException e) {
      throw new BadRequest("INVALID_WINDOW", String.valueOf(e.getMessage()));
    }
  }

  private static Instant moment(String field, String text) {
    try {
      return SECONDS.matcher(text).matches()
          ? Instant.ofEpochMilli(new BigDecimal(text).movePointRight(3).longValue())
          : Instant.parse(text);
    } catch (DateTimeException e) {
      throw new BadRequest("INVALID_TIME", field + " is seconds since 1970 or a time like 2026-01-31T12:00:00Z");
    }
  }

  private static Duration step(String text) {
    var step = STEP.matcher(text);
    if (!step.matches()) {
      throw new BadRequest("INVALID_STEP", "step is a number of seconds, or like 30s, 5m, 1h");
    }
    long number = Long.parseLong(step.group(1));
    return switch (step.group(2)) {
      case "m" -> Duration.ofMinutes(number);
      case "h" -> Duration.ofHours(number);
      case "d" -> Duration.ofDays(number);
      default -> Duration.ofSeconds(number);
    };
  }

  private static AnswerBody body(FreeQueries.Result result) {
    var series = result.series();
    List<?> list = switch (result.type()) {
      case "scalar" -> series.isEmpty() ? List.of() : point(series.getFirst().values().getFirst());
      case "vector" -> series.stream()
          .map(one -> Map.of("metric", one.labels(), "value", point(one.values().getFirst()))).toList();
      default -> series.stream().map(one -> Map.of("metric", one.labels(), "values",
          one.values().stream().map(MetricsApi::point).toList())).toList();
    };
    return new AnswerBody("success", new DataBody(result.type(), list), result.warnings());
  }

  private static List<Object> point(FreeQueries.Value value) {
    double number = value.value();
    var text = Double.isInfinite(number)
        ? number > 0 ? "+Inf" : "-Inf"
        : Double.isNaN(number) ? "NaN" : new BigDecimal(Double.toString(number)).stripTrailingZeros().toPlainString();
    return List.of(value.time(), text);
  }
}
