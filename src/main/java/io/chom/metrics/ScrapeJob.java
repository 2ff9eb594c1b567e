package io.chom.metrics;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What Prometheus asks about. */
public enum ScrapeJob {
  /** The machine: its tenant's, or the platform's where tenants share it. */
  NODE,
  /** One tenant's sites on one server. */
  SITES;

  /** As Prometheus' label {@code job} names it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Optional<ScrapeJob> labelled(String label) {
    return Arrays.stream(values()).filter(job -> job.label().equals(label)).findFirst();
  }
}
