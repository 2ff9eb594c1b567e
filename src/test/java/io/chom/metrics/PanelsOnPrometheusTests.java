package io.chom.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.chom.promql.PrometheusServer;
import io.chom.promql.TenantScope;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What each diagram asks, answered by a real Prometheus in which two tenants have different figures. */
class PanelsOnPrometheusTests {
  private static final long NOW = 2_000;
  private static final long SCRAPE = 15;

  private final StringBuilder samples = new StringBuilder();

  @Test
  void eachDiagramShowsOneTenantsFiguresInItsUnit(@TempDir Path directory) throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/prometheus")) && Files.isExecutable(Path.of("/usr/bin/promtool")),
        "without Debian's package prometheus");
    figures("A", 1);
    figures("B", 50);
    samples.append("# EOF\n");
    try (var prometheus = PrometheusServer.with(directory, samples.toString())) {
      var shown = new EnumMap<PanelKind, Map<String, Double>>(PanelKind.class);
      for (var kind : PanelKind.values()) {
        for (var range : BoardRange.values()) {
          var curves = curves(prometheus, TenantScope.of("A").apply(kind.expression(range)), kind.naming());
          if (range == BoardRange.QUARTER) {
            shown.put(kind, curves);
          }
          assertThat(curves).as(kind + " over " + range.word()).isNotEmpty();
        }
      }
      assertThat(shown.get(PanelKind.CPU).get("")).isEqualTo(75, within(0.1));
      assertThat(shown.get(PanelKind.MEMORY).get("")).isEqualTo(75, within(0.1));
      assertThat(shown.get(PanelKind.DISK)).containsOnlyKeys("/", "/srv");
      assertThat(shown.get(PanelKind.DISK).get("/")).isEqualTo(40, within(0.1));
      assertThat(shown.get(PanelKind.NETWORK)).containsOnlyKeys("in", "out");
      assertThat(shown.get(PanelKind.NETWORK).get("in")).isEqualTo(100, within(0.1));
      assertThat(shown.get(PanelKind.NETWORK).get("out")).isEqualTo(40, within(0.1));
      assertThat(shown.get(PanelKind.REQUESTS)).containsOnlyKeys("2xx", "5xx");
      assertThat(shown.get(PanelKind.REQUESTS).get("2xx")).as("of two sites").isEqualTo(4, within(0.01));
      assertThat(shown.get(PanelKind.SENT).get("")).isEqualTo(2_000, within(1.0));
      assertThat(shown.get(PanelKind.DURATION)).containsOnlyKeys("p50", "p95");
      assertThat(shown.get(PanelKind.DURATION).get("p50")).isBetween(0.0, 0.1);
      assertThat(shown.get(PanelKind.DURATION).get("p95")).isBetween(0.1, 1.0);
      assertThat(shown.get(PanelKind.STORAGE).get("")).isEqualTo(2_000, within(0.1));
      assertThat(shown.get(PanelKind.PHP).get("")).isEqualTo(6, within(0.01));
      var one = curves(prometheus,
          TenantScope.of("A").and("site_id", "s1").apply(PanelKind.REQUESTS.expression(BoardRange.QUARTER)), "status");
      assertThat(one.get("2xx")).isEqualTo(2, within(0.01));
    }
  }

  private static Map<String, Double> curves(PrometheusServer prometheus, String expression, String naming) {
    var answer = prometheus.ask(expression, NOW);
    assertThat(answer.path("status").asString()).as(expression + " -> " + answer).isEqualTo("success");
    var curves = new TreeMap<String, Double>();
    answer.at("/data/result").forEach(curve -> curves.put(curve.path("metric").path(naming).asString(""),
        Double.parseDouble(curve.at("/value/1").asString())));
    return curves;
  }

  /** A server and two sites; what is counted grows {@code times} as fast as the first tenant's. */
  private void figures(String tenant, double times) {
    var server = "tenant_id=\"" + tenant + "\",instance=\"web-" + tenant + "\"";
    for (var cpu : new String[]{"0", "1"}) {
      counter("node_cpu_seconds_total", server + ",cpu=\"" + cpu + "\",mode=\"idle\"", 0.25 / times);
      counter("node_cpu_seconds_total", server + ",cpu=\"" + cpu + "\",mode=\"user\"", 0.75);
    }
    gauge("node_memory_MemAvailable_bytes", server, 25 / times);
    gauge("node_memory_MemTotal_bytes", server, 100);
    for (var mount : new String[]{"/", "/srv"}) {
      gauge("node_filesystem_avail_bytes", server + ",mountpoint=\"" + mount + "\"", 60 / times);
      gauge("node_filesystem_size_bytes", server + ",mountpoint=\"" + mount + "\"", 100);
    }
    for (var device : new String[]{"eth0", "lo"}) {
      counter("node_network_receive_bytes_total", server + ",device=\"" + device + "\"", 100 * times);
      counter("node_network_transmit_bytes_total", server + ",device=\"" + device + "\"", 40 * times);
    }
    for (var name : new String[]{"s1", "s2"}) {
      var site = server + ",site_id=\"" + name + "\"";
      counter("chom_site_http_requests_total", site + ",status=\"2xx\"", 2 * times);
      counter("chom_site_http_requests_total", site + ",status=\"5xx\"", times);
      counter("chom_site_http_sent_bytes_total", site, 1_000 * times);
      counter("chom_site_http_request_duration_seconds_bucket", site + ",le=\"0.1\"", 2 * times);
      counter("chom_site_http_request_duration_seconds_bucket", site + ",le=\"1\"", 3 * times);
      counter("chom_site_http_request_duration_seconds_bucket", site + ",le=\"+Inf\"", 3 * times);
      gauge("chom_site_disk_bytes", site, 1_000 * times);
      gauge("chom_site_php_processes", site, 3 * times);
    }
  }

  private void counter(String name, String labels, double perSecond) {
    write(name, labels, 0, perSecond);
  }

  private void gauge(String name, String labels, double value) {
    write(name, labels, value, 0);
  }

  private void write(String name, String labels, double start, double perSecond) {
    for (long at = 0; at <= NOW; at += SCRAPE) {
      samples.append(name).append('{').append(labels).append("} ").append(start + perSecond * at).append(' ').append(at)
          .append('\n');
    }
  }
}
