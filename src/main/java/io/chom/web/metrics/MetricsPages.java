package io.chom.web.metrics;

import io.chom.metrics.Board;
import io.chom.metrics.Board.Line;
import io.chom.metrics.Board.Panel;
import io.chom.metrics.Board.State;
import io.chom.metrics.BoardRange;
import io.chom.metrics.PanelKind.Unit;
import io.chom.sites.SiteFilter;
import io.chom.sites.SiteId;
import io.chom.sites.Sites;
import io.chom.web.support.Choice;
import io.chom.web.support.Words;
import java.text.NumberFormat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Puts a board into words. */
@Component
class MetricsPages {
  static final String HERE = "/metrics";
  /** As many sites are offered to choose from, the newest first; and the chosen one. */
  private static final int SITES = 200;
  private static final int THOUSAND = 1_000;

  private final Sites sites;

  MetricsPages(Sites sites) {
    this.sites = sites;
  }

  MetricsPage page(Board board, @Nullable UUID site, Words words) {
    var range = board.range();
    var ranges = Arrays.stream(BoardRange.values())
        .map(one -> new Choice(address(HERE, site, one), words.say("metrics.range." + one.word()), one == range))
        .toList();
    return new MetricsPage(ranges, range.word(), choices(site), address(HERE, site, range),
        board.panels().stream().map(panel -> card(panel, site, range, words)).toList());
  }

  private List<Choice> choices(@Nullable UUID chosen) {
    var offered = new ArrayList<>(sites.page(new SiteFilter(null, null, null, SITES)));
    if (chosen != null && offered.stream().noneMatch(site -> site.id().value().equals(chosen))) {
      offered.addFirst(sites.get(new SiteId(chosen)));
    }
    return offered.stream()
        .map(site -> new Choice(site.id().toString(), site.domain(), site.id().value().equals(chosen))).toList();
  }

  private static String address(String path, @Nullable UUID site, BoardRange range) {
    return path + "?range=" + range.word() + (site == null ? "" : "&site=" + site);
  }

  private static MetricsPage.Card card(Panel panel, @Nullable UUID site, BoardRange range, Words words) {
    var id = word(panel.kind());
    boolean any = !panel.lines().isEmpty();
    return new MetricsPage.Card(id, words.say("metrics.panel." + id), why(panel, words),
        panel.state() == State.EMPTY ? "quiet" : "warn",
        panel.lines().stream().map(line -> row(panel.kind().unit(), line, words)).toList(),
        any ? address(HERE + "/" + id + ".csv", site, range) : null, panel.warnings());
  }

  static String word(Enum<?> one) {
    return one.name().toLowerCase(Locale.ROOT);
  }

  private static @Nullable String why(Panel panel, Words words) {
    var reason = panel.reason() == null ? "" : words.say("metrics.reason." + panel.reason().toLowerCase(Locale.ROOT));
    return switch (panel.state()) {
      case FRESH -> null;
      case EMPTY -> words.say("metrics.empty." + word(panel.kind()));
      case MISSING -> reason;
      case STALE -> reason + " "
          + words.say("metrics.stale", words.moment(Objects.requireNonNull(panel.asked())).relative());
    };
  }

  private static MetricsPage.Row row(Unit unit, Line line, Words words) {
    var known = line.values().stream().filter(Objects::nonNull).map(Objects::requireNonNull).toList();
    var name = line.name().isEmpty()
        ? words.say("metrics.line.all")
        : words.sayOr("metrics.line." + line.name(), line.name());
    if (known.isEmpty()) {
      return new MetricsPage.Row(name, "–", "–", "–");
    }
    return new MetricsPage.Row(name, amount(unit, known.getLast(), words),
        amount(unit, known.stream().mapToDouble(one -> one).min().orElse(0), words),
        amount(unit, known.stream().mapToDouble(one -> one).max().orElse(0), words));
  }

  private static String amount(Unit unit, double value, Words words) {
    return switch (unit) {
      case PERCENT -> words.say("metrics.unit.percent", number(value, 1, words));
      case BYTES -> words.bytes(Math.round(value));
      case BYTES_PER_SECOND -> words.say("metrics.unit.per-second", words.bytes(Math.round(value)));
      case PER_SECOND -> words.say("metrics.unit.per-second", number(value, 2, words));
      case SECONDS -> words.say("metrics.unit.milliseconds", number(value * THOUSAND, value < 0.01 ? 1 : 0, words));
      case COUNT -> number(value, 0, words);
    };
  }

  private static String number(double value, int digits, Words words) {
    var format = NumberFormat.getInstance(words.locale());
    format.setMaximumFractionDigits(digits);
    return format.format(value);
  }
}
