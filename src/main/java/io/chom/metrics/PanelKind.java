package io.chom.metrics;

import java.util.List;

/** One of the five diagrams of a board: what is asked for it, and what its curves are called. */
public enum PanelKind {
  CPU(Unit.PERCENT, "", "100 * (1 - avg(rate(node_cpu_seconds_total{mode=\"idle\"}[$rate])))"), MEMORY(Unit.PERCENT, "",
      "100 * (1 - sum(node_memory_MemAvailable_bytes) / sum(node_memory_MemTotal_bytes))"), DISK(Unit.PERCENT,
          "mountpoint",
          "100 * (1 - max by (mountpoint) (node_filesystem_avail_bytes) / max by (mountpoint) (node_filesystem_size_bytes))"), NETWORK(
              Unit.BYTES_PER_SECOND, "direction",
              "label_replace(sum(rate(node_network_receive_bytes_total{device!=\"lo\"}[$rate])), \"direction\", \"in\", \"\", \"\")"
                  + " or label_replace(sum(rate(node_network_transmit_bytes_total{device!=\"lo\"}[$rate])), \"direction\","
                  + " \"out\", \"\", \"\")"), REQUESTS(Unit.PER_SECOND, "status",
                      "sum by (status) (rate(chom_site_http_requests_total[$rate]))"), SENT(Unit.BYTES_PER_SECOND, "",
                          "sum(rate(chom_site_http_sent_bytes_total[$rate]))"), DURATION(Unit.SECONDS, "quantile",
                              "label_replace(histogram_quantile(0.5, sum by (le) (rate(chom_site_http_request_duration_seconds_bucket[$rate]))),"
                                  + " \"quantile\", \"p50\", \"\", \"\") or label_replace(histogram_quantile(0.95, sum by (le)"
                                  + " (rate(chom_site_http_request_duration_seconds_bucket[$rate]))), \"quantile\", \"p95\", \"\", \"\")"), STORAGE(
                                      Unit.BYTES, "",
                                      "sum(chom_site_disk_bytes)"), PHP(Unit.COUNT, "", "sum(chom_site_php_processes)");

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
