package io.chom.launch;

import java.net.URI;
import java.nio.file.Path;

/** The settings of a Prometheus that finds its targets through the panel, and whom they belong to. */
final class PrometheusFile {
  private PrometheusFile() {}

  /**
   * @param panel where Prometheus reaches the panel
   * @param token the file with CHOM_SCRAPE_TOKEN
   * @param direct whether it asks the servers' node_exporter without the panel
   */
  static String text(URI panel, Path token, boolean direct) {
    var base = panel.toString().replaceAll("/+$", "");
    var relayed = """
        # Written by CHOM: java -jar chom.jar prometheus-config
        global:
          scrape_interval: 15s
          scrape_timeout: 10s

        scrape_configs:
          # Every label that says whose a series is comes from the panel. What a server sends beside is cut.
          - job_name: chom
            honor_labels: false
            honor_timestamps: false
            sample_limit: 25000
            body_size_limit: 16MB
            label_limit: 20
            label_value_length_limit: 300
            authorization:
              credentials_file: '%2$s'
            http_sd_configs:
              - url: '%1$s/metrics/targets'
                refresh_interval: 30s
                authorization:
                  credentials_file: '%2$s'
        """.formatted(base, token);
    return direct
        ? relayed
            + """

                  # Straight to each server's node_exporter, which must be open to this machine and to no other. No token is sent.
                  - job_name: chom-direct
                    honor_labels: false
                    honor_timestamps: false
                    sample_limit: 25000
                    body_size_limit: 16MB
                    http_sd_configs:
                      - url: '%1$s/metrics/targets/direct'
                        refresh_interval: 30s
                        authorization:
                          credentials_file: '%2$s'
                    metric_relabel_configs:
                      - source_labels: [__name__]
                        regex: node_.*
                        action: keep
                """
                .formatted(base, token)
        : relayed;
  }
}
