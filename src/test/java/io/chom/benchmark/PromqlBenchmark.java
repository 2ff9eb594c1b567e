package io.chom.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import io.chom.promql.TenantScope;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Row P4: how long it takes to scope the expressions of the five panels, and the worst text of full length. */
@Tag("benchmark")
class PromqlBenchmark {
  private static final int ROUNDS = 2_000;
  private static final TenantScope SCOPE = TenantScope.of("01939c5e-7a3b-7cc0-8c2f-3d1f9a0b4e5d").and("site_id",
      "01939c5e-7a3b-7cc0-8c2f-3d1f9a0b4e5e");
  private static final List<String> PANELS = List.of(
      "100 - avg by (instance) (irate(node_cpu_seconds_total{mode=\"idle\"}[5m])) * 100",
      "(1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes) * 100",
      "(1 - node_filesystem_avail_bytes{mountpoint=\"/\"} / node_filesystem_size_bytes{mountpoint=\"/\"}) * 100",
      "irate(node_network_receive_bytes_total{device!=\"lo\"}[5m])",
      "sum by (status) (rate(chom_site_http_requests_total[5m]))");
  private static final List<String> WORST = List.of("a+".repeat(4_095) + "a", "a{b=\"c\"}+".repeat(819),
      "(".repeat(200) + "a" + ")".repeat(200), "1+".repeat(4_095) + "a", "{a=\"" + "\\\\".repeat(4_090) + "\"}",
      "{a=~\"" + "(a|b)*".repeat(1_360) + "c\"}");

  @Test
  void scopingCostsAPageNothing() throws Exception {
    double panels = micros(PANELS);
    double worst = WORST.stream().mapToDouble(text -> micros(List.of(text))).max().orElseThrow();
    String table = String.format(Locale.ROOT, """
        | row | figure | value | goal | |
        |---|---|---|---|---|
        | P4 | scope the five panels' expressions, µs, median | %.1f | ≤ 50 | %s |
        | P4 | scope the worst text of 8 kB, ms, median | %.2f | ≤ 5 | %s |
        """, panels, panels <= 50 ? "met" : "missed", worst / 1_000, worst <= 5_000 ? "met" : "missed");
    System.out.println(table);
    Files.writeString(Path.of("target/promql.md"), table);
    assertThat(panels).isPositive();
  }

  private static double micros(List<String> texts) {
    var times = new double[ROUNDS];
    int length = 0;
    for (int round = -ROUNDS; round < ROUNDS; round++) {
      long begin = System.nanoTime();
      for (String text : texts) {
        length += scoped(text);
      }
      times[Math.max(round, 0)] = (System.nanoTime() - begin) / 1e3;
    }
    assertThat(length).isPositive();
    Arrays.sort(times);
    return times[ROUNDS / 2];
  }

  private static int scoped(String text) {
    try {
      return SCOPE.apply(text).length();
    } catch (io.chom.promql.PromqlRefused refused) {
      return refused.position();
    }
  }
}
