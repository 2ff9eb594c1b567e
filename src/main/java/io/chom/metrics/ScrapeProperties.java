package io.chom.metrics;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * How Prometheus is answered.
 *
 * @param direct whether Prometheus reaches the node_exporter of each server by itself
 * @param shared how long what a server said answers for all its tenants
 * @param limit how long a server may take; less than Prometheus waits
 * @param series most series of one target
 */
@Validated
@ConfigurationProperties("chom.scrape")
record ScrapeProperties(@DefaultValue("false") boolean direct, @DefaultValue("7s") Duration shared,
    @DefaultValue("7s") Duration limit, @DefaultValue("20000") @Min(100) @Max(100_000) int series) {}
