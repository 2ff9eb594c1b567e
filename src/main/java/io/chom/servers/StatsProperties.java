package io.chom.servers;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How servers are asked for their counters.
 *
 * @param every how often each
 * @param limit how long it may take to answer
 */
@ConfigurationProperties("chom.stats")
record StatsProperties(@DefaultValue("5m") Duration every, @DefaultValue("30s") Duration limit) {}
