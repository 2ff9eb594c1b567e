package io.chom.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.promql.TenantScope;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class BoardRangeTests {
  @ParameterizedTest
  @CsvSource({"1, 15", "15, 15", "16, 60", "60, 60", "61, 300", "300, 300", "301, 900", "900, 900", "86400, 900"})
  void anAnswerIsRememberedForAboutItsStep(long step, long kept) {
    assertThat(BoardRange.cache(Duration.ofSeconds(step)).atMost()).hasSeconds(kept);
  }

  @ParameterizedTest
  @EnumSource
  void hasPointsEnoughForALineAndNoMore(BoardRange range) {
    assertThat(range.until(Instant.ofEpochSecond(1_000_000_007)).points()).isBetween(60L, 361L);
    assertThat(BoardRange.named(range.word())).contains(range);
  }

  /** With and without a filter, every panel is an expression that every selector of which was scoped. */
  @ParameterizedTest
  @EnumSource
  void everyPanelCanBeAskedForAnySiteOrServer(PanelKind kind) {
    for (var range : BoardRange.values()) {
      var expression = kind.expression(range);
      var selectors = expression.split("chom_site_|node_", -1).length - 1;
      assertThat(TenantScope.of("acme").query(expression).text()).doesNotContain("$").contains("tenant_id=\"acme\"")
          .satisfies(text -> assertThat(text.split("tenant_id=", -1)).hasSize(selectors + 1));
      assertThat(TenantScope.of("acme").and("site_id", "x").query(expression).text().split("site_id=", -1))
          .hasSize(selectors + 1);
    }
  }

  @Test
  void whoAsksTwiceWithinAStepAsksTheSame() {
    var first = Instant.ofEpochSecond(1_000_000_200);
    assertThat(BoardRange.DAY.until(first)).isEqualTo(BoardRange.DAY.until(first.plusSeconds(299)))
        .isNotEqualTo(BoardRange.DAY.until(first.plusSeconds(300)));
  }
}
