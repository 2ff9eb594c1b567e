package io.chom.servers;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * How the fleet is enrolled and watched.
 *
 * @param scanLimit how long asking for a host key may take
 * @param approvalTime how long a scanned key can be approved
 * @param loginTime how long the enrolment login is kept in memory at most
 * @param bootstrapLimit how long installing the agent may take, waiting for other installations included
 * @param commandLimit how long one worker stays with a command; after that another look is taken later
 * @param probeEvery how often a server is asked how it is
 * @param probeLimit how long it may take to answer
 * @param probes how many of the last probes count
 * @param failures how many of these must have failed before the server is called unreachable
 * @param capacity how many sites a new server takes
 * @param rotateEvery how old the key gets by which the panel logs in
 * @param compareEvery how often what a server has is compared with what the panel knows
 */
@Validated
@ConfigurationProperties("chom.servers")
record ServersProperties(@DefaultValue("15s") Duration scanLimit, @DefaultValue("1h") Duration approvalTime,
    @DefaultValue("5m") Duration loginTime, @DefaultValue("20m") Duration bootstrapLimit,
    @DefaultValue("1h") Duration commandLimit, @DefaultValue("30s") Duration probeEvery,
    @DefaultValue("15s") Duration probeLimit, @DefaultValue("5") @Min(1) @Max(60) int probes,
    @DefaultValue("3") @Min(1) @Max(60) int failures, @DefaultValue("100") @Min(0) int capacity,
    @DefaultValue("90d") Duration rotateEvery, @DefaultValue("15m") Duration compareEvery) {}
