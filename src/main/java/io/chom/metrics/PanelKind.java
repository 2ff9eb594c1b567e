package io.chom.metrics;

import java.util.List;

/** One of the five diagrams of a board: what is asked for it, and what its curves are called. */
public enum PanelKind {
  /** Of all processors together. */
  CPU(Unit.PERCENT, "", "100 * (1 - avg(rate(node_cpu_seconds_total{mode=\"idle\"}[$rate])))"),
  /** What programs could not get. */
  MEMORY(Unit.PERCENT, "", "100 * (1 - sum(node_memory_MemAvailable_bytes) / sum(node_memory_MemTotal_bytes))"),
  /** Of each file system. */
  DISK(Unit.PERCENT, "mountpoint", "100 * (1 - max by (mountpoint) (node_filesystem_avail_bytes)"
      + " / max by (mountpoint) (node_filesystem_size_bytes))"),
  /** Of all interfaces to the outside. */
  NETWORK(Unit.BYTES_PER_SECOND, "direction", named("direction", "in",
      "sum(rate(node_network_receive_bytes_total{device!=\"lo\"}[$rate]))") + " or "
      + named("direction", "out", "sum(rate(node_network_transmit_bytes_total{device!=\"lo\"}[$rate]))")),
  /** Answers by the class of their status. */
  REQUESTS(Unit.PER_SECOND, "status", "sum by (status) (rate(chom_site_http_requests_total[$rate]))"),
  /** Bytes of answers. */
  SENT(Unit.BYTES_PER_SECOND, "", "sum(rate(chom_site_http_sent_bytes_total[$rate]))"),
  /** How long answers took. */
  DURATION(Unit.SECONDS, "quantile", named("quantile", "p50", quantile("0.5")) + " or "
      + named("quantile", "p95", quantile("0.95"))),
  /** Disk that sites use. */
  STORAGE(Unit.BYTES, "", "sum(chom_site_disk_bytes)"),
  /** Processes of PHP that there are. */
  PHP(Unit.COUNT, "", "sum(chom_site_php_processes)");

  /** What a value counts. */
  public enum Unit {
    PERCENT, BYTES, BYTES_PER_SECOND, PER_SECOND, SECONDS, COUNT
  }

  static final List<PanelKind> OF_SERVER = List.of(CPU, MEMORY, DISK, NETWORK, REQUESTS);
  static final List<PanelKind> OF_SITES = List.of(REQUESTS, DURATION, SENT, STORAGE, PHP);

  private final Unit unit;
  private final String naming;
  private final String expression;

  PanelKind(Unit unit, String naming, String expression) {
    this.unit = unit;
    this.naming = naming;
    this.expression = expression;
  }

  private static String named(String label, String value, String expression) {
    return "label_replace(" + expression + ", \"" + label + "\", \"" + value + "\", \"\", \"\")";
  }

  private static String quantile(String which) {
    return "histogram_quantile(" + which
        + ", sum by (le) (rate(chom_site_http_request_duration_seconds_bucket[$rate])))";
  }

  public Unit unit() {
    return unit;
  }

  /** The label that tells its curves apart; empty where there is one only. */
  String naming() {
    return naming;
  }

  String expression(BoardRange range) {
    return expression.replace("$rate", range.rate());
  }
}
