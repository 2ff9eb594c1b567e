package io.chom.web.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.metrics.Board.Line;
import io.chom.metrics.Board.Panel;
import io.chom.metrics.Board.State;
import io.chom.metrics.BoardRange;
import io.chom.metrics.PanelKind;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class MetricsTableTests {
  @Test
  void noCellIsAFormula() {
    var lines = List.of(new Line("=1+1", Arrays.asList(1.5, null)), new Line("@\"a\",b", Arrays.asList(null, -2.0)));
    var panel = new Panel(PanelKind.DISK, State.FRESH, null, Instant.parse("2026-01-01T00:00:00Z"), Instant.EPOCH,
        lines, List.of());
    assertThat(MetricsTable.text(panel, BoardRange.HOUR)).isEqualTo("""
        time,"'=1+1","'@""a"",b"
        2026-01-01T00:00:00Z,1.5,
        2026-01-01T00:00:15Z,,-2.0
        """.replace("\n", "\r\n"));
  }
}
